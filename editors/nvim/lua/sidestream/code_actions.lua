-- Neovim's code actions "Explain", "Fix" and "Add to prompt" in files. The answers of explain and fix name a session,
-- which is then shown. Files are attached to a client of their own, which runs in here and passes questions on: it
-- does not want to know what is in them, so that typing costs nothing.

local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")

local M = {}

-- Takes the place of a program: knows what code actions there are, by asking the server.
---@return any
local function passes_on()
  return {
    request = function(method, params, callback)
      if method == "textDocument/codeAction" and client.ready() then
        client.request_raw(method, params, callback)
      else
        callback(nil, method == "initialize" and { capabilities = { codeActionProvider = true } } or {})
      end
      return true, 1
    end,
    notify = function() end,
    is_closing = function() end,
    terminate = function() end,
  }
end

---@param event vim.api.keyset.create_autocmd.callback_args
local function attach(event)
  local buffer, name = event.buf, vim.api.nvim_buf_get_name(event.buf)
  local is_file = vim.bo[buffer].buftype == "" and name ~= "" and not name:find("^%a+://")
  if client.ready() and is_file and vim.api.nvim_buf_is_loaded(buffer) and config.get().code_actions then
    -- Neovim 0.10 starts another one for each file when it has no root.
    vim.lsp.start({ name = "sidestream actions", cmd = passes_on, root_dir = "/" }, { bufnr = buffer })
  end
end

-- What a code action's command answers with is shown: the session that it began.
---@param command lsp.Command
local function run(command)
  local params = { command = command.command, arguments = command.arguments }
  client.request_raw(
    "workspace/executeCommand",
    params,
    notify.unless_failed(function(result)
      if result and result.sessionId then
        require("sidestream").open({ session = result.sessionId, focus = false })
      end
    end)
  )
end

function M.enable()
  -- Neovim runs a code action's command through this table before it asks the server.
  for _, name in ipairs({ "explain", "fix", "addToPrompt" }) do
    vim.lsp.commands["sidestream." .. name] = run
  end
  vim.api.nvim_create_autocmd("BufEnter", { callback = attach })
  events.on("Ready", function()
    attach({ buf = vim.api.nvim_get_current_buf() } --[[@as vim.api.keyset.create_autocmd.callback_args]])
  end)
end

return M
