-- The messages of one open session, kept by the server's content notifications. Draws nothing:
-- each change is handed to a view. Notices when something was missed, and opens the session again.

local client = require("sidestream.client")
local growing = require("sidestream.growing")

---@class sidestream.TranscriptView
---@field reset fun(self, messages: sidestream.Message[])
---@field prepend fun(self, messages: sidestream.Message[])
---@field message_changed fun(self, message: sidestream.Message, is_new: boolean)
---@field message_removed fun(self, message: sidestream.Message)
---@field part_changed fun(self, message: sidestream.Message, part: sidestream.Part, before?: string)
---@field part_appended fun(self, message: sidestream.Message, part: sidestream.Part, field: string, text: string)
---@field part_removed fun(self, message: sidestream.Message, part: sidestream.Part)
---@field tail_changed fun(self)

---@class sidestream.Transcript
---@field instance_id string
---@field session_id string
---@field messages sidestream.Message[]
---@field todos sidestream.Todo[]
---@field revision? integer absent while the session is being opened
---@field cursor? string for older messages
---@field view sidestream.TranscriptView
---@field by_id table<string, sidestream.Message>
---@field closed boolean
---@field on_failure fun(failure: table)
local Transcript = {}
Transcript.__index = Transcript

local M = {}

-- Few messages make the first paint; the rest follows in pages of this size.
local FIRST_PAGE = 10
local PAGE = 20

-- Which notifications belong to a session's content.
local CONTENT = {
  ["session/didReset"] = true,
  ["message/didChange"] = true,
  ["message/didRemove"] = true,
  ["part/didChange"] = true,
  ["part/didAppend"] = true,
  ["part/didRemove"] = true,
  ["todo/didChange"] = true,
}

---@type table<string, sidestream.Transcript>
local open = {}

---@param instance_id string
---@param session_id string
---@param view sidestream.TranscriptView
---@param on_failure fun(failure: table)
---@return sidestream.Transcript
function M.open(instance_id, session_id, view, on_failure)
  local transcript = setmetatable({
    instance_id = instance_id,
    session_id = session_id,
    messages = {},
    by_id = {},
    todos = {},
    view = view,
    closed = false,
    on_failure = on_failure,
  }, Transcript)
  open[session_id] = transcript
  transcript:reload()
  return transcript
end

---@param session_id string
---@return sidestream.Transcript?
function M.of(session_id)
  return open[session_id]
end

--- Opens all sessions again, as after a restart of the server.
function M.reload_all()
  for _, transcript in pairs(open) do
    transcript:reload()
  end
end

---@param method string
---@param params table
---@return boolean known
function M.apply(method, params)
  if not CONTENT[method] then
    return false
  end
  local transcript = open[params.sessionId]
  if transcript then
    transcript:apply(method, params)
  end
  return true
end

function Transcript:reload()
  self.revision = nil
  local asked = {}
  self.asked = asked
  local params = { instanceId = self.instance_id, sessionId = self.session_id, limit = FIRST_PAGE }
  client.request("session/open", params, function(failure, snapshot)
    if self.closed or self.asked ~= asked then
      return
    elseif failure then
      self.on_failure(failure)
    else
      self:reset(snapshot)
    end
  end)
end

---@param snapshot sidestream.SessionSnapshot
function Transcript:reset(snapshot)
  self.revision = snapshot.revision
  self.cursor = snapshot.cursor
  self.messages = snapshot.messages
  self.todos = snapshot.todos
  self.by_id = {}
  for _, message in ipairs(self.messages) do
    self.by_id[message.id] = message
  end
  self.view:reset(self.messages)
  self:load_older()
end

--- Fetches the page before the oldest message, and so on to the first: never more than a page at
--- a time, so that nothing freezes.
function Transcript:load_older()
  local cursor = self.cursor
  if not cursor or self.closed then
    return
  end
  local params = { instanceId = self.instance_id, sessionId = self.session_id, cursor = cursor, limit = PAGE }
  client.request("session/history", params, function(failure, page)
    if self.closed or self.cursor ~= cursor then
      return
    elseif failure then
      return self.on_failure(failure)
    end
    self.cursor = page.cursor
    local older = {}
    for _, message in ipairs(page.messages) do
      if not self.by_id[message.id] then
        self.by_id[message.id] = message
        table.insert(older, message)
      end
    end
    self.messages = vim.list_extend(older, self.messages)
    self.view:prepend(page.messages)
    vim.schedule(function()
      self:load_older()
    end)
  end)
end

function Transcript:close()
  self.closed = true
  if open[self.session_id] == self then
    open[self.session_id] = nil
    if client.connection() then
      local params = { instanceId = self.instance_id, sessionId = self.session_id }
      client.request("session/close", params, function() end)
    end
  end
end

---@type table<string, fun(self: sidestream.Transcript, params: table)>
local handlers = {
  ["session/didReset"] = function(self, params)
    self:reset(params.snapshot)
  end,
  ["message/didChange"] = function(self, params)
    local message = self.by_id[params.message.id]
    if message then
      local parts = message.parts
      for key in pairs(message) do
        message[key] = nil
      end
      for key, value in pairs(params.message) do
        message[key] = value
      end
      message.parts = parts
      return self.view:message_changed(message, false)
    end
    message = params.message
    message.parts = {}
    self.by_id[message.id] = message
    local position = #self.messages
    while position > 0 and self.messages[position].time.created > message.time.created do
      position = position - 1
    end
    table.insert(self.messages, position + 1, message)
    if position + 1 == #self.messages then
      self.view:message_changed(message, true)
    else
      self.view:reset(self.messages)
    end
  end,
  ["message/didRemove"] = function(self, params)
    local message = self.by_id[params.messageId]
    if message then
      self.by_id[message.id] = nil
      for index = #self.messages, 1, -1 do
        if self.messages[index] == message then
          table.remove(self.messages, index)
          break
        end
      end
      self.view:message_removed(message)
    end
  end,
  ["part/didChange"] = function(self, params)
    local message = self.by_id[params.messageId]
    if message then
      local at, following = nil, #message.parts + 1
      for index, part in ipairs(message.parts) do
        if part.id == params.part.id then
          at = index
        elseif part.id == params.before then
          following = index
        end
      end
      if at then
        message.parts[at] = params.part
      else
        table.insert(message.parts, following, params.part)
      end
      self.view:part_changed(message, params.part, not at and params.before or nil)
    end
  end,
  ["part/didAppend"] = function(self, params)
    local message = self.by_id[params.messageId]
    for index = message and #message.parts or 0, 1, -1 do
      local part = message.parts[index]
      if part.id == params.partId then
        growing.append(part, params.field, params.text)
        return self.view:part_appended(message, part, params.field, params.text)
      end
    end
  end,
  ["part/didRemove"] = function(self, params)
    local message = self.by_id[params.messageId]
    for index, part in ipairs(message and message.parts or {}) do
      if part.id == params.partId then
        table.remove(message.parts, index)
        return self.view:part_removed(message, part)
      end
    end
  end,
  ["todo/didChange"] = function(self, params)
    self.todos = params.todos
    self.view:tail_changed()
  end,
}

---@param method string
---@param params table
function Transcript:apply(method, params)
  if not self.revision then
    -- The answer to session/open is under way, and has this already.
    return
  end
  if params.revision ~= self.revision + 1 and method ~= "session/didReset" then
    return self:reload()
  end
  self.revision = params.revision
  handlers[method](self, params)
end

return M
