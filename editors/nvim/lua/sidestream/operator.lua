-- The operator that asks about what a motion covers, and repeats with a dot.

local M = {}

--- What `operatorfunc` calls.
function _G._sidestream_operator()
  local first, last = vim.fn.line("'["), vim.fn.line("']")
  local sidestream = require("sidestream")
  local chip = require("sidestream.context").lines(0, first, last)
  if M.repeated then
    -- A dot attaches once more; the user stays where they are.
    sidestream.chat().prompt:attach_chip(chip)
    return
  end
  M.repeated = true
  sidestream.open()
  sidestream.chat().prompt:attach_chip(chip)
  vim.cmd.startinsert({ bang = true })
end

--- For a mapping with `expr`.
---@return string
function M.ask()
  M.repeated = false
  vim.o.operatorfunc = "v:lua._sidestream_operator"
  return "g@"
end

return M
