-- Files as documents of the server, so that Neovim's code actions have "Explain", "Fix" and "Add to
-- prompt". The answers of explain and fix name a session, which is then shown.

local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

---@param event vim.api.keyset.create_autocmd.callback_args
local function attach(event)
  local server, buffer = client.ready(), event.buf
  local name = vim.api.nvim_buf_get_name(buffer)
  local is_file = vim.bo[buffer].buftype == "" and name ~= "" and not name:find("^%a+://")
  if server and is_file and vim.api.nvim_buf_is_loaded(buffer) and config.get().code_actions then
    vim.lsp.buf_attach_client(buffer, server.id)
  end
end

-- What a code action's command answers with is shown: the session that it began.
---@param command lsp.Command
local function run(command)
  local params = { command = command.command, arguments = command.arguments }
  client.request_raw("workspace/executeCommand", params, function(failure, result)
    if failure then
      notify.failure(failure)
    elseif result and result.sessionId then
      state.load_sessions(result.instanceId, function()
        require("sidestream").open({ session = result.sessionId, focus = false })
      end)
    end
  end)
end

function M.enable()
  -- Neovim runs a code action's command through this table before it asks the server.
  for _, name in ipairs({ "explain", "fix", "addToPrompt" }) do
    vim.lsp.commands["sidestream." .. name] = run
  end
  vim.api.nvim_create_autocmd("BufEnter", { callback = attach })
  events.on("Ready", function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      attach({ buf = vim.api.nvim_win_get_buf(window) } --[[@as vim.api.keyset.create_autocmd.callback_args]])
    end
  end)
end

return M
