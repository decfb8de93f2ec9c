-- What most end-to-end tests begin with: a sandbox with a Neovim in it. Both end with the test file.

local editors = require("lib.editor")
local sandboxes = require("lib.sandbox")

---@class WorldOptions: EditorOptions
---@field configure? fun(opencode: table) changes OpenCode's configuration
---@field programs? table<string, string> shell scripts by name, found before those of the machine

---@param options? WorldOptions
---@return Editor, Sandbox
return function(options)
  options = options or {}
  local sandbox = sandboxes.new()
  finally(function()
    sandbox:close()
  end)
  if options.configure then
    local environment = sandbox.model_environment
    local config = vim.json.decode(environment.OPENCODE_CONFIG_CONTENT)
    options.configure(config)
    environment.OPENCODE_CONFIG_CONTENT = vim.json.encode(config)
  end
  for name, text in pairs(options.programs or {}) do
    sandbox:program(name, text)
  end
  local editor = editors.start(sandbox, options)
  finally(function()
    editor:close()
  end)
  return editor, sandbox
end
