-- What happened, told to whoever asked: functions given to `on`, and `User Sidestream*` autocommands.
-- Streamed text is not told here: it comes hundreds of times a second.

local M = {}

---@alias sidestream.Event
---| "Ready" The server runs and speaks our protocol. data: { version }
---| "Exit" The server ended. data: { code, expected }
---| "InstanceChanged" data: { instance }
---| "InstanceClosed" data: { instanceId }
---| "SessionChanged" data: { session }
---| "SessionRemoved" data: { sessionId }
---| "RunStarted" data: { session }
---| "RunEnded" data: { session }
---| "PermissionAsked" data: { permission }
---| "PermissionResolved" data: { permissionId, reply? }
---| "QuestionAsked" data: { question }
---| "QuestionResolved" data: { questionId }
---| "FileChanged" data: { path }
---| "PromptSent" data: { sessionId, text }
---| "PanelOpened" data: { buffer, window }
---| "PanelClosed" data: {}

---@type table<string, function[]>
local listeners = {}

---@param event sidestream.Event with or without "Sidestream" before it
---@param listener fun(data: table)
---@return fun() stop
function M.on(event, listener)
  local name = event:gsub("^Sidestream", "")
  listeners[name] = vim.list_extend({}, listeners[name] or {})
  table.insert(listeners[name], listener)
  return function()
    listeners[name] = vim.tbl_filter(function(known)
      return known ~= listener
    end, listeners[name])
  end
end

---@param event sidestream.Event
---@param data table
function M.emit(event, data)
  for _, listener in ipairs(listeners[event] or {}) do
    local ok, problem = pcall(listener, data)
    if not ok then
      require("sidestream.notify").error(("A listener of %s failed: %s"):format(event, problem))
    end
  end
  vim.api.nvim_exec_autocmds("User", { pattern = "Sidestream" .. event, data = data, modeline = false })
end

return M
