-- A key in one of our buffers, for a subcommand or a function.

---@param buffer integer
---@param modes string|string[]
---@param key string|false as in the settings; false leaves the key alone
---@param description string
---@param action string|function a subcommand, or a function with the arguments that follow
return function(buffer, modes, key, description, action, ...)
  local arguments = { ... }
  local run = type(action) == "string" and ("<Cmd>Sidestream %s<CR>"):format(action)
    or function()
      action(unpack(arguments))
    end
  if key then
    vim.keymap.set(modes, key, run, { buffer = buffer, nowait = true, desc = "Sidestream: " .. description })
  end
end
