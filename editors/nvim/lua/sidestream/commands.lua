local M = {}
function M.run(command)
  local sub = command.fargs[1] or "toggle"
  require("sidestream")[sub]()
end
function M.complete() return {} end
return M
