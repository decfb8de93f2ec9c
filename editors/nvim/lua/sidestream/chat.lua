-- A conversation as the user sees it: a session with its buffer and its prompt, or a draft that becomes a
-- session with the first thing that is sent.

local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")
local state = require("sidestream.state")
local transcripts = require("sidestream.transcript")
local views = require("sidestream.view")

local M = {}

-- Sessions that stay open behind the one that is shown, so that switching is instant.
local KEPT = 8

---@class sidestream.Chat
---@field directory string
---@field instance_id? string
---@field session_id? string absent for a draft
---@field buffer integer
---@field view sidestream.View
---@field prompt sidestream.Prompt
---@field transcript? sidestream.Transcript
---@field agent? string chosen for what is sent next
---@field model? sidestream.ModelRef
---@field used integer when it was last shown
---@field creating? (fun(failure: table?))[]
local Chat = {}
Chat.__index = Chat

---@type table<integer, sidestream.Chat> by buffer of the conversation
M.all = {}
---@type table<string, sidestream.Chat>
M.by_session = {}

---@param directory string
---@return sidestream.Chat
local function new(directory)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].modifiable = false
  local chat = setmetatable({ directory = directory, buffer = buffer, used = vim.uv.now() }, Chat)
  chat.view = views.new(buffer)
  chat.prompt = require("sidestream.prompt").new(chat)
  M.all[buffer] = chat
  vim.bo[buffer].filetype = "sidestream"
  require("sidestream.keys").bind(chat)
  local function leave()
    chat.view.left = chat.view:place_of(vim.fn.win_findbuf(buffer)[1])
  end
  local forget = vim.schedule_wrap(function()
    chat:forget()
  end)
  vim.api.nvim_create_autocmd("BufWinLeave", { buffer = buffer, callback = leave })
  -- A buffer that is unloaded has lost its marks and keys.
  vim.api.nvim_create_autocmd("BufUnload", { buffer = buffer, callback = forget })
  return chat
end

--- Makes sure that the folder has an instance.
---@param callback fun(failure: table?)
function Chat:connect(callback)
  if state.instances[self.instance_id or ""] then
    return callback()
  end
  client.request("instance/open", { directory = self.directory }, function(failure, instance)
    if instance then
      self.instance_id = instance.id
      if not state.instances[instance.id] then
        state.keep_instance(instance)
      end
      self.prompt:attach()
    end
    callback(failure)
  end)
end

--- The instance of the folder that is worked in, for requests that are about no session.
---@param action fun(instance_id: string)
function M.with_instance(action)
  local chat = require("sidestream").chat()
  chat:connect(notify.unless_failed(function()
    action(chat.instance_id --[[@as string]])
  end))
end

--- What the user writes before there is a session: one for each folder.
---@return sidestream.Chat
function M.draft()
  local directory = config.directory()
  local draft = vim.iter(vim.tbl_values(M.all)):find(function(chat)
    return chat.directory == directory and not chat.transcript and #chat.view.sections == 0 and chat.view:is_valid()
  end)
  return draft or new(directory)
end

---@param session sidestream.Session
function Chat:bind(session)
  self.instance_id, self.session_id = session.instanceId, session.id
  self.view.session_id = session.id
  M.by_session[session.id] = self
  -- The name may be taken by a buffer that is about to go.
  pcall(vim.api.nvim_buf_set_name, self.buffer, ("sidestream://session/%s/%s"):format(session.instanceId, session.id))
  self.prompt:attach()
  self.transcript = transcripts.open(session.instanceId, session.id, self.view)
end

-- The ones that were not looked at for longest make room; what was typed into them is kept.
local function make_room()
  local idle = vim.tbl_filter(function(chat)
    return not chat.view:is_visible() and chat.prompt:is_empty()
  end, vim.tbl_values(M.by_session))
  table.sort(idle, function(a, b)
    return a.used > b.used
  end)
  for index = KEPT, #idle do
    vim.api.nvim_buf_delete(idle[index].buffer, { force = true })
  end
end

--- The conversation of a session.
---@param session sidestream.Session
---@return sidestream.Chat
function M.of(session)
  local chat = M.by_session[session.id]
  if not chat or not chat.view:is_valid() then
    make_room()
    local instance = state.instances[session.instanceId]
    chat = new(instance and instance.directory or config.directory())
    chat:bind(session)
  end
  return chat
end

--- The conversation of a session by its id. One that is not among the newest, which are known, is asked for.
---@param session_id string
---@param found fun(chat: sidestream.Chat, ...) gets the arguments that follow
function M.find(session_id, found, ...)
  local session, arguments = state.sessions[session_id], { ... }
  if session then
    return found(M.of(session), ...)
  end
  M.with_instance(function(id)
    client.call("session/open", { instanceId = id, sessionId = session_id, limit = 1 }, function(snapshot)
      state.keep_session(snapshot.session)
      found(M.of(snapshot.session), unpack(arguments))
    end)
  end)
end

---@return sidestream.Session?
function Chat:session()
  return state.sessions[self.session_id or ""]
end

--- Makes sure that there is a session.
---@param callback fun(failure: table?)
function Chat:ensure(callback)
  if self.session_id then
    -- After a new start of the server, the folder's instance is another one.
    return self:connect(callback)
  elseif self.creating then
    return table.insert(self.creating, callback)
  end
  self.creating = { callback }
  local function done(failure)
    local waiting = self.creating or {}
    self.creating = nil
    for _, waiter in ipairs(waiting) do
      waiter(failure)
    end
  end
  self:connect(function(failure)
    if failure then
      return done(failure)
    end
    local params = { instanceId = self.instance_id, agent = self.agent, model = self.model }
    client.request("session/create", params, function(refused, session)
      if session then
        state.sessions[session.id] = state.sessions[session.id] or session
        self:bind(session)
      end
      done(refused)
    end)
  end)
end

---@class sidestream.SendOptions
---@field parts? sidestream.PromptPart[] what is attached besides
---@field agent? string
---@field model? sidestream.ModelRef
---@field variant? string

--- Sends what a person typed.
---@param text string
---@param options? sidestream.SendOptions
---@param callback? fun(failure: table?) without it, failures are shown
function Chat:send(text, options, callback)
  options, callback = options or {}, callback or notify.failure
  self:ensure(function(failure)
    if failure then
      return callback(failure)
    end
    local params = self:params({
      text = text,
      parts = options.parts and #options.parts > 0 and options.parts or nil,
      agent = options.agent or self.agent,
      model = options.model or self.model,
      variant = options.variant,
    })
    client.request("session/send", params, function(refused)
      if not refused then
        events.emit("PromptSent", { sessionId = self.session_id, text = text })
      end
      callback(refused)
    end)
  end)
end

--- What belongs to requests about this session.
---@param more? table
---@return table
function Chat:params(more)
  return vim.tbl_extend("force", { instanceId = self.instance_id, sessionId = self.session_id }, more or {})
end

--- Lets go of the session, as when its buffer was wiped; the session itself stays.
function Chat:forget()
  self.view:forget()
  if self.transcript then
    self.transcript:close()
  end
  M.all[self.buffer] = nil
  if M.by_session[self.session_id or ""] == self then
    M.by_session[self.session_id] = nil
  end
  for _, buffer in ipairs({ self.buffer, self.prompt.buffer }) do
    pcall(vim.api.nvim_buf_delete, buffer, { force = true })
  end
end

--- A session that is gone leaves its text to be read, and its prompt to be sent elsewhere.
---@param data { sessionId: string }
function M.session_removed(data)
  local chat = M.by_session[data.sessionId]
  if not chat then
    return
  end
  M.by_session[data.sessionId] = nil
  transcripts.let_go(data.sessionId)
  chat.session_id, chat.transcript, chat.view.session_id = nil, nil, nil
  chat.view:tail_changed()
  if chat.view:is_visible() then
    notify.warn("This session was deleted. What you send next begins a new one.")
  end
end

--- After a new start of the server, everything that was open is opened again.
function M.reconnect()
  for _, chat in pairs(M.all) do
    chat.instance_id = nil
    chat:connect(notify.unless_failed(function()
      if chat.transcript then
        chat.transcript.instance_id = chat.instance_id --[[@as string]]
        chat.transcript:reload()
      end
    end))
  end
end

return M
