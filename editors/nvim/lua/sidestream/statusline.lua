-- What is said in one line: for the user's statusline, and above the panel's windows.

local client = require("sidestream.client")
local format = require("sidestream.view.format")
local sanitize = require("sidestream.view.sanitize")
local state = require("sidestream.state")

local M = {}

local SPINNER = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" }

---@return string
local function spinner()
  return SPINNER[math.floor(vim.uv.now() / 240) % #SPINNER + 1]
end

---@class sidestream.Status
---@field state sidestream.InstanceState|"off"
---@field busy integer sessions with a run under way
---@field waiting integer permissions and questions that wait for the user
---@field text string all of it in short

--- The state of the folder's instance; counts of all of them.
---@param directory string
---@return sidestream.Status
function M.status(directory)
  local own = state.instance_of(directory)
  local busy, waiting = 0, 0
  for _, instance in pairs(state.instances) do
    busy, waiting = busy + instance.busy, waiting + instance.waiting
    own = own or instance
  end
  local status = { state = own and own.state or "off", busy = busy, waiting = waiting }
  if not client.connection() then
    status.state = "off"
  end
  local words = {}
  if status.state == "off" then
    words = {}
  elseif status.state ~= "connected" then
    table.insert(words, status.state)
  end
  if busy > 0 then
    table.insert(words, ("%d running"):format(busy))
  end
  if waiting > 0 then
    table.insert(words, ("%d waiting"):format(waiting))
  end
  if status.state == "connected" and #words == 0 then
    table.insert(words, "ready")
  end
  status.text = #words > 0 and "sidestream: " .. table.concat(words, ", ") or ""
  return status
end

---@param group string
---@param text string
---@return string
local function colour(group, text)
  return ("%%#%s#%s%%*"):format(group, (text:gsub("%%", "%%%%")))
end

---@param instance? sidestream.Instance
---@return string
local function connection(instance)
  if not client.connection() then
    return colour("SidestreamError", "● sidestream is not running")
  elseif not instance then
    return colour("SidestreamDim", "○ starting")
  elseif instance.state == "connected" then
    return colour("SidestreamDone", "●")
  elseif instance.state == "reconnecting" then
    local text = "● reconnecting"
    if instance.attempt and instance.attempt > 1 then
      text = ("%s, try %d"):format(text, instance.attempt)
    end
    return colour("SidestreamWarning", text)
  elseif instance.state == "failed" or instance.state == "disconnected" then
    local message = instance.error and sanitize.line(instance.error.message):sub(1, 80) or ""
    return colour("SidestreamError", ("● %s %s"):format(instance.state, message))
  end
  return colour("SidestreamDim", "○ " .. instance.state)
end

---@param session sidestream.Session
---@return string[]
local function figures(session)
  local usage = session.usage
  local words = {}
  local context = usage and usage.context
  if context and context.limit and context.limit > 0 then
    local percent = math.floor(context.used / context.limit * 100 + 0.5)
    table.insert(words, ("%s (%d%%)"):format(format.count(context.used), percent))
  elseif context then
    table.insert(words, format.count(context.used) .. " tokens")
  end
  local cost = usage and usage.cost or session.cost or 0
  if cost > 0 then
    table.insert(words, format.cost(cost))
  end
  return words
end

--- Above the conversation: connection, title, status; tokens, context use and costs.
---@param chat sidestream.Chat
---@return string
function M.panel_bar(chat)
  local session = chat:session()
  local instance = chat.instance_id and state.instances[chat.instance_id] or nil
  local left = { connection(instance) }
  if session and session.parentId then
    local parent = state.sessions[session.parentId]
    table.insert(left, colour("SidestreamDim", sanitize.line(parent and parent.title or "parent"):sub(1, 24) .. " ›"))
  end
  local title = session and session.title ~= "" and session.title or "New session"
  table.insert(left, colour("SidestreamAsk", sanitize.line(title)))
  local status = session and session.status.type or "idle"
  if state.is_running(session) then
    table.insert(left, colour("SidestreamRunning", spinner() .. " " .. status))
  elseif status == "error" then
    table.insert(left, colour("SidestreamError", "failed"))
  end
  local waiting = session and session.permissions + session.questions or 0
  if waiting > 0 then
    table.insert(left, colour("SidestreamWaiting", ("%d waiting"):format(waiting)))
  end
  local right = session and figures(session) or {}
  return (" %s %%=%s "):format(
    table.concat(left, " "),
    #right > 0 and colour("SidestreamDim", table.concat(right, " · ")) or ""
  )
end

--- Above the prompt: agent and model, and what is attached.
---@param chat sidestream.Chat
---@return string
function M.prompt_bar(chat)
  local session = chat:session()
  local catalog = state.catalogs[chat.instance_id or ""]
  local defaults = catalog and catalog.defaults or {}
  local agent = chat.agent or (session and session.agent) or defaults.agent
  local model = chat.model or (session and session.model) or defaults.model
  local who = {}
  if agent then
    table.insert(who, agent)
  end
  if model then
    table.insert(who, format.model(model))
  end
  local line = { " " .. colour("SidestreamAssistant", "›") }
  for _, chip in ipairs(chat.prompt.chips) do
    table.insert(line, colour("SidestreamLink", sanitize.line(chip.label)))
  end
  local mode = session and session.permissionMode
  if mode and mode ~= "default" then
    table.insert(who, mode)
  end
  return table.concat(line, " ") .. " %=" .. colour("SidestreamDim", table.concat(who, " · ")) .. " "
end

return M
