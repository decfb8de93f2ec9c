-- The messages of one open session, kept by the server's content notifications. Draws nothing:
-- each change is handed to a view. Notices when something was missed, and opens the session again.

local client = require("sidestream.client")
local growing = require("sidestream.growing")
local notify = require("sidestream.notify")

---@class sidestream.TranscriptView
---@field reset fun(self, messages: sidestream.Message[])
---@field prepend fun(self, messages: sidestream.Message[])
---@field message_changed fun(self, message: sidestream.Message)
---@field part_appended fun(self, message: sidestream.Message, part: sidestream.Part, field: string, text: string)

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
---@field asked? table stands for the request that is under way
---@field failed? boolean it could not be opened
local Transcript = {}
Transcript.__index = Transcript

local M = {}

-- Few messages make the first paint; the rest follows in pages of this size.
local FIRST_PAGE = 10
local PAGE = 12

---@type table<string, sidestream.Transcript>
local open = {}

---@param instance_id string
---@param session_id string
---@param view sidestream.TranscriptView
---@return sidestream.Transcript
function M.open(instance_id, session_id, view)
  local transcript = setmetatable({
    instance_id = instance_id,
    session_id = session_id,
    messages = {},
    by_id = {},
    todos = {},
    view = view,
    closed = false,
  }, Transcript)
  open[session_id] = transcript
  transcript:reload()
  return transcript
end

-- A session that was deleted meanwhile is told elsewhere, as is the end of the server.
---@param failure table
local function show_failure(failure)
  if client.ready() and (failure.data or {}).kind ~= "sessionNotFound" then
    notify.failure(failure)
  end
end

function Transcript:reload()
  self.revision, self.failed = nil, nil
  local asked = {}
  self.asked = asked
  local params = { instanceId = self.instance_id, sessionId = self.session_id, limit = FIRST_PAGE }
  client.request("session/open", params, function(failure, snapshot)
    if self.closed or self.asked ~= asked then
      return
    elseif failure then
      self.failed = true
      show_failure(failure)
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
      return show_failure(failure)
    end
    self.cursor = page.cursor
    local older = {}
    for _, message in ipairs(page.messages) do
      if not self.by_id[message.id] then
        self.by_id[message.id] = message
        table.insert(older, message)
      end
    end
    self.view:prepend(older)
    self.messages = vim.list_extend(older, self.messages)
    vim.schedule(function()
      self:load_older()
    end)
  end)
end

--- What could not be opened is tried again, as when the connection is back.
---@param instance_id string
function M.retry(instance_id)
  for _, transcript in pairs(open) do
    if transcript.failed and transcript.instance_id == instance_id then
      transcript:reload()
    end
  end
end

--- Nobody listens any longer, as when the session is gone.
---@param session_id string
function M.let_go(session_id)
  if open[session_id] then
    open[session_id].closed = true
    open[session_id] = nil
  end
end

--- Tells the server too that nobody listens.
function Transcript:close()
  self.closed = true
  if open[self.session_id] == self then
    M.let_go(self.session_id)
    if client.ready() then
      client.request("session/close", { instanceId = self.instance_id, sessionId = self.session_id }, function() end)
    end
  end
end

---@param list { id: string }[]
---@param id string
---@return integer? index
local function index_of(list, id)
  for index = #list, 1, -1 do
    if list[index].id == id then
      return index
    end
  end
end

-- A message that is new goes to the end; one that belongs further up is rare, and brings all anew.
---@param message sidestream.Message
function Transcript:add_message(message)
  local last = self.messages[#self.messages]
  if last and last.time.created > message.time.created then
    return self:reload()
  end
  message.parts = {}
  self.by_id[message.id] = message
  table.insert(self.messages, message)
  self.view:message_changed(message)
end

---@type table<string, fun(self: sidestream.Transcript, params: table, message?: sidestream.Message)>
local handlers = {
  ["session/didReset"] = function(self, params)
    self:reset(params.snapshot)
  end,
  ["message/didChange"] = function(self, params)
    local new = params.message
    local message = self.by_id[new.id]
    if not message then
      return self:add_message(new)
    end
    new.parts = message.parts
    for key in pairs(message) do
      message[key] = new[key]
    end
    for key, value in pairs(new) do
      message[key] = value
    end
    self.view:message_changed(message)
  end,
  -- Taking back and what undoes it are rare, and may be about many messages.
  ["message/didRemove"] = function(self)
    self:reload()
  end,
  ["part/didChange"] = function(self, params, message)
    if not message then
      return
    end
    local at = index_of(message.parts, params.part.id)
    if at then
      message.parts[at] = params.part
    else
      local following = params.before and index_of(message.parts, params.before) or #message.parts + 1
      table.insert(message.parts, following, params.part)
    end
    self.view:message_changed(message)
  end,
  ["part/didAppend"] = function(self, params, message)
    local at = message and index_of(message.parts, params.partId)
    if message and at then
      growing.append(message.parts[at], params.field, params.text)
      self.view:part_appended(message, message.parts[at], params.field, params.text)
    end
  end,
  ["part/didRemove"] = function(self, params, message)
    local at = message and index_of(message.parts, params.partId)
    if message and at then
      table.remove(message.parts, at)
      self.view:message_changed(message)
    end
  end,
  ["todo/didChange"] = function(self, params)
    self.todos = params.todos
  end,
}

--- Applies what belongs to a session's content.
---@param method string
---@param params table
---@return boolean known
function M.apply(method, params)
  local handler, transcript = handlers[method], open[params.sessionId]
  -- While a session is being opened, the answer has this already.
  if handler and transcript and transcript.revision then
    if params.revision ~= transcript.revision + 1 and method ~= "session/didReset" then
      transcript:reload()
    else
      transcript.revision = params.revision
      handler(transcript, params, transcript.by_id[params.messageId or ""])
    end
  end
  return handler ~= nil
end

return M
