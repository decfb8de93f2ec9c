-- Commands and <Plug> mappings. Nothing is loaded before one of them is used.

if vim.g.loaded_sidestream then
  return
end
vim.g.loaded_sidestream = true

if vim.fn.has("nvim-0.10") == 0 then
  return vim.notify("Sidestream needs Neovim 0.10 or later.", vim.log.levels.ERROR)
end

vim.api.nvim_create_user_command("Sidestream", function(command)
  require("sidestream.commands").run(command)
end, {
  nargs = "*",
  range = true,
  bang = true,
  desc = "OpenCode in the side panel",
  complete = function(lead, line)
    return require("sidestream.commands").complete(lead, line)
  end,
})

vim.keymap.set("n", "<Plug>(sidestream-ask)", function()
  return require("sidestream.operator").ask()
end, { expr = true, desc = "Sidestream: ask about a motion" })
vim.keymap.set("x", "<Plug>(sidestream-ask)", ":Sidestream ask<CR>", { silent = true, desc = "Sidestream: ask" })
for _, name in ipairs({ "toggle", "open", "new", "sessions", "inbox", "allow", "reject", "abort", "review" }) do
  local key, command = ("<Plug>(sidestream-%s)"):format(name), ("<Cmd>Sidestream %s<CR>"):format(name)
  vim.keymap.set("n", key, command, { desc = "Sidestream: " .. name })
end
