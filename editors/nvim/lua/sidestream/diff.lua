-- Two texts of a file side by side, by Neovim's own diff, in a tab page that is used again for the next one.

local client = require("sidestream.client")
local keymap = require("sidestream.keymap")

local M = {}

---@type integer?
local tab

function M.close()
  if tab and vim.api.nvim_tabpage_is_valid(tab) and #vim.api.nvim_list_tabpages() > 1 then
    vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(tab))
  end
end

-- A text that is not the file's own, in the current window.
---@param text string
---@param path string
local function show_text(text, path)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_win_set_buf(0, buffer)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text:gsub("\r?\n$", ""), "\r?\n"))
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].filetype = vim.filetype.match({ filename = path, buf = buffer }) or ""
  vim.bo[buffer].modifiable = false
  keymap.set(buffer, "n", "q", "close the diff", M.close)
  vim.cmd.diffthis()
end

---@param path string
---@param before string
---@param before_title string
---@param after_title string
---@param after? string the file itself when absent
function M.show(path, before, before_title, after_title, after)
  if tab and vim.api.nvim_tabpage_is_valid(tab) then
    vim.api.nvim_set_current_tabpage(tab)
    vim.cmd("silent only | diffoff")
  else
    vim.cmd("tab split")
    tab = vim.api.nvim_get_current_tabpage()
    vim.wo.winfixbuf = false
  end
  if after then
    show_text(after, path)
  else
    -- Not `:edit`, which refuses a buffer with unsaved changes.
    vim.api.nvim_win_set_buf(0, vim.fn.bufadd(path))
    vim.bo.buflisted = true
    vim.cmd.diffthis()
  end
  vim.wo.winbar = " " .. after_title:gsub("%%", "%%%%")
  vim.cmd("leftabove vsplit")
  show_text(before, path)
  vim.wo.winbar = " " .. before_title
  vim.cmd.wincmd("p")
end

--- Both texts of changed files, as the server makes them of the files and their diffs.
---@param instance_id? string
---@param change sidestream.ChangeStage
---@param diffs sidestream.FileDiff[]
---@param done fun(comparisons: sidestream.FileComparison[])
function M.compare(instance_id, change, diffs, done)
  client.call("file/compare", { instanceId = instance_id, change = change, files = diffs }, function(result)
    done(result.files)
  end)
end

--- Shows what an edit that waits for permission would change.
---@param instance_id string
---@param permission sidestream.Permission
function M.proposed(instance_id, permission)
  M.compare(instance_id, "proposed", permission.diff or {}, function(comparisons)
    for _, comparison in ipairs(comparisons) do
      M.show(comparison.path, comparison.before, "now", permission.title, comparison.after)
    end
  end)
end

return M
