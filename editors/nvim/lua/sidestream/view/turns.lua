-- How a turn looks around its parts: who speaks, how a message ended, what the session as a whole is doing.

local figures = require("sidestream.view.figures")
local sanitize = require("sidestream.view.sanitize")
local shapes = require("sidestream.view.shape")

local M = {}

-- Sidestream keeps a prompt while there is no connection or a run is under way; OpenCode does so as well.
---@param messages sidestream.Message[]
---@param waits boolean
---@return string line, string[] beside
local function user(messages, waits)
  local queued = waits or messages[1].status == "queued"
  return "You", { queued and "queued" or nil }
end

---@param messages sidestream.Message[]
---@return string line, string[] beside
local function assistant(messages)
  local first, last, beside = messages[1], messages[#messages], {}
  local cost = 0.0 ---@type number
  for _, message in ipairs(messages) do
    cost = cost + (message.cost or 0)
  end
  if last.time.completed then
    table.insert(beside, figures.duration(last.time.completed - first.time.created))
  end
  table.insert(beside, figures.cost(cost))
  local agent = sanitize.line(first.agent or "assistant")
  return table.concat({ agent, figures.model(first.model) }, " · "), beside
end

--- Who speaks, and beside it when, for how long, at what cost.
---@param messages sidestream.Message[] of one speaker in one turn
---@param waits boolean the prompt's turn has not come
---@return sidestream.Shape
function M.header(messages, waits)
  local first = messages[1]
  local line, beside = (first.role == "user" and user or assistant)(messages, waits)
  table.insert(beside, 1, figures.clock(first.time.created))
  return { kind = first.role, lines = { line }, beside = { { table.concat(beside, " · "), "SidestreamDim" } } }
end

--- How a message ended, where that needs saying.
---@param message sidestream.Message
---@return sidestream.Shape?
function M.ending(message)
  if message.status == "aborted" then
    return shapes.line("note", "■", "SidestreamDim", "Stopped.")
  elseif message.status == "interrupted" then
    local line = "The server was lost here; this answer will not be completed."
    return shapes.line("note", "⚠", "SidestreamWarning", line)
  elseif message.error then
    return shapes.error(message.error.message)
  end
end

--- What the session as a whole has to say.
---@param session? sidestream.Session
---@return sidestream.Shape?
function M.status(session)
  local status = session and session.status or { type = "idle" }
  if status.type == "retry" then
    local shape = shapes.line("note", "↻", "SidestreamWarning", status.message or "")
    local time = os.date("%T", math.floor((status.next or 0) / 1000))
    table.insert(shape.lines, ("  Try %d follows at %s."):format(status.attempt, time))
    return shape
  elseif status.type == "error" then
    return shapes.error(status.message or "")
  elseif status.type == "submitted" then
    return shapes.running("Waiting for the answer")
  elseif status.type == "compacting" then
    return shapes.running("Summarising the context")
  end
end

return M
