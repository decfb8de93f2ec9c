-- Figures in few characters: durations, tokens, costs, times, and the spinner.

local M = {}

---@param milliseconds number
---@return string
function M.duration(milliseconds)
  local seconds = milliseconds / 1000
  if seconds < 10 then
    return ("%.1f s"):format(seconds)
  elseif seconds < 60 then
    return ("%d s"):format(seconds)
  end
  return ("%d min %d s"):format(math.floor(seconds / 60), seconds % 60)
end

---@param count number
---@return string
function M.count(count)
  if count < 1000 then
    return ("%d"):format(count)
  elseif count < 1000000 then
    return ("%.1fk"):format(count / 1000)
  end
  return ("%.1fM"):format(count / 1000000)
end

--- What a session has cost, with its sub-agents where that is known.
---@param session sidestream.Session
---@return string? nothing for what was free
function M.cost_of(session)
  return M.cost(session.usage and session.usage.cost or session.cost)
end

---@param dollars? number
---@return string? nothing for what was free
function M.cost(dollars)
  return dollars and dollars > 0 and ("$%.2f"):format(dollars) or nil
end

---@param time integer milliseconds since the epoch
---@return string
function M.clock(time)
  local seconds = math.floor(time / 1000)
  local today = os.date("%F") == os.date("%F", seconds)
  return os.date(today and "%H:%M" or "%d %b %H:%M", seconds) --[[@as string]]
end

---@param model? sidestream.ModelRef
---@return string?
function M.model(model)
  return model and (model.variant and ("%s (%s)"):format(model.modelId, model.variant) or model.modelId)
end

local SPINNER = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" }

--- The spinner as it stands now.
---@return string
function M.spinner()
  return SPINNER[math.floor(vim.uv.now() / 100) % #SPINNER + 1] --[[@as string]]
end

return M
