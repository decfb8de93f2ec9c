-- A key in one of our buffers, for a subcommand or a function.

local notify = require("sidestream.notify")

local M = {}

---@param buffer integer
---@param modes string|string[]
---@param key string|false as in the settings; false leaves the key alone
---@param description string
---@param action string|function a subcommand, or a function with the arguments that follow
function M.set(buffer, modes, key, description, action, ...)
  local arguments = { ... }
  local run = type(action) == "string" and ("<Cmd>Sidestream %s<CR>"):format(action)
    or function()
      action(unpack(arguments))
    end
  if key then
    vim.keymap.set(modes, key, run, { buffer = buffer, nowait = true, desc = "Sidestream: " .. description })
  end
end

--- Names the keys of a buffer.
---@param buffer integer
function M.help(buffer)
  local lines = vim.tbl_map(function(map)
    return ("%-8s %s"):format(map.lhs, (map.desc or ""):gsub("^Sidestream: ", ""))
  end, vim.api.nvim_buf_get_keymap(buffer, "n"))
  table.sort(lines)
  notify.info(table.concat(lines, "\n"))
end

return M
