-- What Sidestream offers to Lua. Commands and keys use nothing else.

local chats = require("sidestream.chat")
local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")
local panel = require("sidestream.panel")
local state = require("sidestream.state")
local transcripts = require("sidestream.transcript")

local M = {}

---@class sidestream.OpenOptions
---@field session? string the id of a session to show
---@field new? boolean show an empty conversation
---@field layout? "right"|"left"|"float"|"current"
---@field focus? boolean take the cursor to the prompt; true when absent

--- Sets what `vim.g.sidestream` could set as well. Nothing requires it.
---@param opts? table
function M.setup(opts)
  config.setup(opts)
end

--- Shows the panel.
---@param opts? sidestream.OpenOptions
function M.open(opts)
  opts = opts or {}
  if opts.layout and not vim.tbl_contains({ "right", "left", "float", "current" }, opts.layout) then
    return notify.error(("The panel cannot be `%s`; right, left, float and current can."):format(opts.layout))
  end
  local chat
  local id = opts.session or "" ---@type string
  local session = state.sessions[id]
  if opts.session and not session then
    return notify.error(("There is no session %s (any more)."):format(opts.session))
  elseif session then
    chat = chats.of(session)
  elseif opts.new then
    chat = chats.draft()
  else
    local last = panel.chat()
    local same_folder = last and (panel.windows() or last.directory == chats.directory())
    chat = same_folder and last or chats.draft()
  end
  panel.show(chat, opts.layout)
  if opts.focus ~= false then
    panel.focus_prompt()
  end
end

--- Hides the panel; nothing stops.
function M.close()
  panel.close()
end

--- Shows or hides the panel.
---@param opts? sidestream.OpenOptions
function M.toggle(opts)
  if panel.windows() then
    M.close()
  else
    M.open(opts)
  end
end

---@return sidestream.Chat
function M.chat()
  return panel.chat() or chats.draft()
end

--- Sends a prompt to the current session; makes one if there is none.
---@param text string
---@param opts? sidestream.SendOptions
function M.send(text, opts)
  M.chat():send(text, opts)
end

--- Stops the current session's run.
function M.abort()
  local chat = panel.chat()
  if chat and chat.session_id then
    client.call("session/abort", chat:params())
  end
end

--- The current session.
---@return sidestream.Session?
function M.session()
  local chat = panel.chat()
  return chat and chat:session()
end

--- Permissions that wait, in all sessions.
---@return sidestream.Permission[]
function M.permissions()
  return state.waiting_permissions()
end

---@param permission_id string
---@param reply "once"|"always"|"reject"
---@param message? string with "reject": what to do instead
function M.reply(permission_id, reply, message)
  client.call("permission/reply", {
    instanceId = state.owner(permission_id) or "",
    permissionId = permission_id,
    reply = reply,
    message = message,
  })
end

--- Questions that wait, in all sessions.
---@return sidestream.Question[]
function M.questions()
  return state.waiting_questions()
end

---@param question_id string
---@param answers string[][]? one list for each question; nil dismisses
function M.answer(question_id, answers)
  client.call(answers and "question/reply" or "question/reject", {
    instanceId = state.owner(question_id) or "",
    questionId = question_id,
    answers = answers,
  })
end

--- How things stand, as for a statusline.
---@return sidestream.Status
function M.status()
  return require("sidestream.statusline").status(chats.directory())
end

--- For the statusline: "" while nothing runs.
---@return string
function M.statusline()
  return M.status().text
end

--- The buffer that the panel of this tab page shows.
---@return integer?
function M.panel()
  local windows = panel.windows()
  return windows and windows.chat.buffer
end

--- Calls a function when something happens; the events are those of the autocommands.
---@param event sidestream.Event
---@param listener fun(data: table)
---@return fun() stop
function M.on(event, listener)
  return events.on(event, listener)
end

-- What is shown follows what is known.
local function redraw(data)
  local item = data.session or data.permission or data.question or {}
  local changed = data.session and data.session.id or item.sessionId
  for id, chat in pairs(chats.by_session) do
    if not data.session or id == changed then
      chat.view:tail_changed()
    end
  end
  panel.draw_bars()
end

local function wire()
  client.on_notification = function(method, params)
    if transcripts.apply(method, params) or state.apply(method, params) then
      return
    end
    if method == "file/didChange" then
      require("sidestream.files").changed(params.path)
    elseif method == "prompt/didAdd" then
      require("sidestream.context").add_parts(M.chat().prompt, params.parts)
      M.open({ focus = false })
    end
  end
  client.on_exit = function()
    state.clear()
    panel.draw_bars()
  end
  for _, event in ipairs({
    "SessionChanged",
    "PermissionAsked",
    "PermissionResolved",
    "QuestionAsked",
    "QuestionResolved",
    "InstanceChanged",
    "InstanceClosed",
  }) do
    events.on(event, redraw)
  end
  events.on("Ready", function()
    chats.reconnect()
    panel.draw_bars()
  end)
  events.on("SessionRemoved", function(data)
    chats.session_removed(data.sessionId)
  end)
  notify.watch()
  require("sidestream.servers").reconnect_on_focus()
  require("sidestream.code_actions").enable()
  require("sidestream.view.highlight").enable()
  for _, problem in ipairs(config.problems()) do
    notify.warn(problem)
  end
end

wire()

return M
