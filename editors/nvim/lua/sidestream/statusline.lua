-- What is said in one line: for the user's statusline, and above the panel's windows.

local client = require("sidestream.client")
local context = require("sidestream.context")
local figures = require("sidestream.view.figures")
local sanitize = require("sidestream.view.sanitize")
local state = require("sidestream.state")

local M = {}

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
  table.insert(words, status.state ~= "off" and status.state ~= "connected" and status.state or nil)
  table.insert(words, busy > 0 and ("%d running"):format(busy) or nil)
  table.insert(words, waiting > 0 and ("%d waiting"):format(waiting) or nil)
  if #words == 0 and status.state == "connected" then
    words = { "ready" }
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
  elseif instance and instance.state == "connected" then
    return colour("SidestreamDone", "●")
  end
  local words = { instance and instance.state or "starting" }
  table.insert(words, instance and (instance.attempt or 1) > 1 and "try " .. instance.attempt or nil)
  local wait = instance and instance.retryAt and instance.retryAt / 1000 - os.time() or 0
  table.insert(words, wait > 0 and ("again in %d s"):format(math.ceil(wait)) or nil)
  table.insert(words, instance and instance.error and sanitize.head(instance.error.message, 80) or nil)
  local group = instance and instance.error and "SidestreamError" or "SidestreamWarning"
  return colour(group, "○ " .. table.concat(words, ", "))
end

-- Tokens, context use and costs.
---@param session sidestream.Session
---@return string
local function usage(session)
  local words = {}
  local use = session.usage and session.usage.context
  if use and use.limit and use.limit > 0 then
    local percent = math.floor(use.used / use.limit * 100 + 0.5)
    table.insert(words, ("%s (%d%%)"):format(figures.count(use.used), percent))
  elseif use then
    table.insert(words, figures.count(use.used) .. " tokens")
  end
  table.insert(words, figures.cost_of(session))
  return colour("SidestreamDim", table.concat(words, " · "))
end

--- Above the conversation: connection, title, status; tokens, context use and costs.
---@param chat sidestream.Chat
---@return string
function M.panel_bar(chat)
  local session = chat:session()
  local left = { connection(state.instances[chat.instance_id or ""]) .. "%<" }
  if session and session.parentId then
    local parent = sanitize.head(state.title(session.parentId, "parent"), 24)
    table.insert(left, colour("SidestreamDim", parent .. " ›"))
  end
  table.insert(left, colour("SidestreamTitle", sanitize.line(state.title(chat.session_id, "New session"))))
  if not session then
    return (" %s "):format(table.concat(left, " "))
  elseif state.is_running(session) then
    table.insert(left, colour("SidestreamRunning", figures.spinner() .. " " .. session.status.type))
  elseif session.status.type == "error" then
    table.insert(left, colour("SidestreamError", "failed"))
  end
  local waiting = session.permissions + session.questions
  if waiting > 0 then
    table.insert(left, colour("SidestreamWaiting", ("%d waiting"):format(waiting)))
  end
  return (" %s %%=%s "):format(table.concat(left, " "), usage(session))
end

--- Above the prompt: what is attached; agent, model and permission mode.
---@param chat sidestream.Chat
---@return string
function M.prompt_bar(chat)
  local session = chat:session() or {}
  local catalog = state.catalogs[chat.instance_id or ""]
  local defaults = catalog and catalog.defaults or {}
  local line = { " " .. colour("SidestreamAssistant", "›") .. "%<" }
  for _, part in ipairs(chat.prompt.attached) do
    table.insert(line, colour("SidestreamLink", sanitize.line(context.label(part))))
  end
  local who = {}
  table.insert(who, chat.agent or session.agent or defaults.agent)
  table.insert(who, figures.model(chat.model or session.model or defaults.model))
  table.insert(who, session.permissionMode ~= "default" and session.permissionMode or nil)
  return table.concat(line, " ") .. " %=" .. colour("SidestreamDim", table.concat(who, " · ")) .. " "
end

return M
