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
---@field seen? boolean it was shown before
---@field creating? (fun(failure: table?))[]
local Chat = {}
Chat.__index = Chat

---@type table<string, sidestream.Chat>
M.by_session = {}
---@type table<integer, sidestream.Chat>
M.by_buffer = {}
---@type table<string, sidestream.Chat> by directory
local drafts = {}
local drafts_made = 0

--- The folder that the user works in.
---@return string
function M.directory()
  local root = config.get().root
  return root and root() or vim.fn.getcwd(-1, 0)
end

---@param buffer integer
---@param name string
local function rename(buffer, name)
  -- A buffer that was wiped in the meantime, or a name that is taken, is no reason to fail.
  if vim.api.nvim_buf_is_valid(buffer) then
    pcall(vim.api.nvim_buf_set_name, buffer, name)
  end
end

---@param directory string
---@return sidestream.Chat
local function new(directory)
  drafts_made = drafts_made + 1
  local buffer = vim.api.nvim_create_buf(false, true)
  rename(buffer, ("sidestream://session/draft/%d"):format(drafts_made))
  vim.bo[buffer].bufhidden = "hide"
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].modifiable = false
  local chat = setmetatable({ directory = directory, buffer = buffer, used = vim.uv.now() }, Chat)
  chat.view = views.new(buffer)
  chat.prompt = require("sidestream.prompt").new(chat)
  M.by_buffer[buffer] = chat
  M.by_buffer[chat.prompt.buffer] = chat
  vim.bo[buffer].filetype = "sidestream"
  require("sidestream.keys").bind(chat)
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = buffer,
    callback = function()
      vim.schedule(function()
        chat:forget()
      end)
    end,
  })
  return chat
end

---@param chat sidestream.Chat
---@param callback fun(failure: table?)
local function with_instance(chat, callback)
  if chat.instance_id and state.instances[chat.instance_id] then
    return callback()
  end
  client.request("instance/open", { directory = chat.directory }, function(failure, instance)
    if failure then
      return callback(failure)
    end
    if not state.instances[instance.id] then
      state.keep_instance(instance)
    end
    chat.instance_id = instance.id
    chat.prompt:attach()
    callback()
  end)
end

--- What the user writes before there is a session: one for each folder.
---@param directory? string
---@return sidestream.Chat
function M.draft(directory)
  directory = directory or M.directory()
  local draft = drafts[directory]
  if not draft or not draft.view:is_valid() then
    draft = new(directory)
    drafts[directory] = draft
  end
  with_instance(draft, function(failure)
    if failure then
      notify.failure(failure)
    end
  end)
  return draft
end

---@param chat sidestream.Chat
---@param session sidestream.Session
local function bind(chat, session)
  chat.instance_id, chat.session_id = session.instanceId, session.id
  chat.view.session_id = session.id
  M.by_session[session.id] = chat
  if drafts[chat.directory] == chat then
    drafts[chat.directory] = nil
  end
  rename(chat.buffer, ("sidestream://session/%s/%s"):format(session.instanceId, session.id))
  chat.prompt:attach()
  chat.transcript = transcripts.open(session.instanceId, session.id, chat.view, function(failure)
    if (failure.data or {}).kind ~= "sessionNotFound" then
      notify.failure(failure)
    end
  end)
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
    chat = new(instance and instance.directory or M.directory())
    bind(chat, session)
  end
  chat.used = vim.uv.now()
  return chat
end

---@return sidestream.Session?
function Chat:session()
  return self.session_id and state.sessions[self.session_id] or nil
end

--- Makes sure that there is a session.
---@param callback fun(failure: table?)
function Chat:ensure(callback)
  if self.session_id then
    return callback()
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
  with_instance(self, function(failure)
    if failure then
      return done(failure)
    end
    local params = { instanceId = self.instance_id, agent = self.agent, model = self.model }
    client.request("session/create", params, function(refused, session)
      if session then
        state.sessions[session.id] = state.sessions[session.id] or session
        bind(self, session)
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
---@param callback? fun(failure: table?)
function Chat:send(text, options, callback)
  options = options or {}
  callback = callback or function(failure)
    if failure then
      notify.failure(failure)
    end
  end
  self:ensure(function(failure)
    if failure then
      return callback(failure)
    end
    local model = options.model or self.model
    client.request("session/send", {
      instanceId = self.instance_id,
      sessionId = self.session_id,
      text = text,
      parts = options.parts and #options.parts > 0 and options.parts or nil,
      agent = options.agent or self.agent,
      model = model and { providerId = model.providerId, modelId = model.modelId } or nil,
      variant = options.variant or (model and model.variant),
    }, function(refused)
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
  M.by_buffer[self.buffer] = nil
  M.by_buffer[self.prompt.buffer] = nil
  if self.session_id and M.by_session[self.session_id] == self then
    M.by_session[self.session_id] = nil
  end
  if drafts[self.directory] == self then
    drafts[self.directory] = nil
  end
  self.prompt:keep_draft()
  if vim.api.nvim_buf_is_valid(self.prompt.buffer) then
    vim.api.nvim_buf_delete(self.prompt.buffer, { force = true })
  end
end

--- A session that is gone leaves its text to be read, and its prompt to be sent elsewhere.
---@param session_id string
function M.session_removed(session_id)
  local chat = M.by_session[session_id]
  if not chat then
    return
  end
  M.by_session[session_id] = nil
  if chat.transcript then
    chat.transcript.closed = true
  end
  chat.session_id, chat.transcript, chat.view.session_id = nil, nil, nil
  chat.view:tail_changed()
  if chat.view:is_visible() then
    notify.warn("This session was deleted. What you send next begins a new one.")
  end
end

--- After a new start of the server, sessions are opened again where they can be seen.
function M.reconnect()
  local seen = {}
  for _, chat in pairs(M.by_buffer) do
    if not seen[chat] and chat.view:is_valid() then
      seen[chat] = true
      chat.instance_id = nil
      with_instance(chat, function(failure)
        if failure then
          notify.failure(failure)
        elseif chat.transcript then
          chat.transcript.instance_id = chat.instance_id
          chat.transcript:reload()
        end
      end)
    end
  end
end

return M
