-- Files as documents of the server, so that Neovim's code actions have "Explain", "Fix" and "Add to
-- prompt". The answers of explain and fix name a session, which is then shown.

local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")

local M = {}

---@param buffer integer
local function attach(buffer)
  local connection = client.connection()
  local is_file = vim.api.nvim_buf_is_loaded(buffer)
    and vim.bo[buffer].buftype == ""
    and vim.api.nvim_buf_get_name(buffer) ~= ""
    and not vim.api.nvim_buf_get_name(buffer):find("^%a+://")
  if not (is_file and connection and connection.client and config.get().code_actions) then
    return
  end
  local offers = connection.client.server_capabilities.codeActionProvider
  if offers and not vim.lsp.buf_is_attached(buffer, connection.client.id) then
    vim.lsp.buf_attach_client(buffer, connection.client.id)
  end
end

-- Neovim runs a code action's command through this table before it asks the server.
---@param name string
local function show_session(name)
  local commands = vim.lsp.commands
  commands[name] = function(command)
    local connection = client.connection()
    if not connection or not connection.client then
      return
    end
    local params = { command = command.command, arguments = command.arguments }
    client.request_raw(connection.client, "workspace/executeCommand", params, function(failure, result)
      if failure then
        require("sidestream.notify").failure(failure)
      elseif result and result.sessionId then
        M.show(result.sessionId, result.instanceId)
      end
    end)
  end
end

---@param session_id string
---@param instance_id string
function M.show(session_id, instance_id)
  local state = require("sidestream.state")
  if state.sessions[session_id] then
    return require("sidestream").open({ session = session_id, focus = false })
  end
  client.call("session/list", { instanceId = instance_id }, function(result)
    for _, session in ipairs(result.sessions) do
      state.sessions[session.id] = state.sessions[session.id] or session
    end
    require("sidestream").open({ session = session_id, focus = false })
  end)
end

function M.enable()
  for _, name in ipairs({ "sidestream.explain", "sidestream.fix", "sidestream.addToPrompt" }) do
    show_session(name)
  end
  vim.api.nvim_create_autocmd("BufEnter", {
    group = vim.api.nvim_create_augroup("sidestream.code_actions", {}),
    callback = function(event)
      attach(event.buf)
    end,
  })
  events.on("Ready", function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      attach(vim.api.nvim_win_get_buf(window))
    end
  end)
end

return M
