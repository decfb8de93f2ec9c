-- The operator that asks about what a motion covers, and repeats with a dot.

local M = {}

--- What `operatorfunc` calls.
function _G._sidestream_operator()
  local first, last = vim.fn.line("'["), vim.fn.line("']")
  local context = require("sidestream.context")
  local chip = context.lines(vim.api.nvim_get_current_buf(), first, last)
  if M.repeated then
    -- A dot attaches once more; the user stays where they are.
    require("sidestream").chat().prompt:attach_chip(chip)
  else
    M.repeated = true
    context.ask(chip)
  end
end

--- For a mapping with `expr`.
---@return string
function M.ask()
  M.repeated = false
  vim.o.operatorfunc = "v:lua._sidestream_operator"
  return "g@"
end

return M
