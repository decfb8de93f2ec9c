-- What Sidestream offers to Lua. Commands and keys use nothing else.

local actions = require("sidestream.actions")
local chats = require("sidestream.chat")
local client = require("sidestream.client")
local config = require("sidestream.config")
local events = require("sidestream.events")
local files = require("sidestream.files")
local notify = require("sidestream.notify")
local panel = require("sidestream.panel")
local state = require("sidestream.state")
local transcripts = require("sidestream.transcript")
local views = require("sidestream.view")

---@class sidestream.Api
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
  vim.iter(config.problems()):each(notify.warn)
end

---@param chat sidestream.Chat
---@param layout string
---@param focus? boolean
local function show(chat, layout, focus)
  panel.show(chat, layout)
  chat:connect(notify.failure)
  if focus ~= false then
    panel.focus_prompt()
  end
end

--- Shows the panel.
---@param opts? sidestream.OpenOptions
function M.open(opts)
  local wanted = opts or {} ---@type sidestream.OpenOptions
  local layout = wanted.layout or config.get().panel.layout
  if not vim.tbl_contains(config.LAYOUTS, layout) then
    local layouts = table.concat(config.LAYOUTS, ", ")
    notify.error(("The panel cannot be `%s`, but one of %s."):format(layout, layouts))
  elseif wanted.session then
    chats.find(wanted.session, show, layout, wanted.focus)
  else
    show(wanted.new and chats.draft() or M.chat(), layout, wanted.focus)
  end
end

--- Hides the panel; nothing stops.
M.close = panel.close

--- Shows or hides the panel.
---@param opts? sidestream.OpenOptions
function M.toggle(opts)
  if panel.windows() then
    M.close()
  else
    M.open(opts)
  end
end

--- The conversation that the panel shows, or would show.
---@return sidestream.Chat
function M.chat()
  local chat = panel.chat() or chats.draft()
  panel.last = chat
  return chat
end

--- Sends a prompt to the current session; makes one if there is none.
---@param text string
---@param opts? sidestream.SendOptions
function M.send(text, opts)
  M.chat().prompt:submit(text, opts)
end

--- The current session.
---@return sidestream.Session?
function M.session()
  local chat = panel.chat()
  return chat and chat:session()
end

--- Stops the current session's run.
function M.abort()
  local session = M.session()
  if session then
    actions.abort(session)
  end
end

--- Permissions that wait, in all sessions.
---@return sidestream.Permission[]
function M.permissions()
  return state.waiting_items("permission")
end

--- Questions that wait, in all sessions.
---@return sidestream.Question[]
function M.questions()
  return state.waiting_items("question")
end

---@param id string
---@return string instance_id
local function owner(id)
  return state.waiting[id] and state.waiting[id].instance_id or ""
end

---@param permission_id string
---@param reply "once"|"always"|"reject"
---@param message? string with "reject": what to do instead
function M.reply(permission_id, reply, message)
  local params = { instanceId = owner(permission_id), permissionId = permission_id, reply = reply, message = message }
  client.call("permission/reply", params)
end

---@param question_id string
---@param answers string[][]? one list for each question; nil dismisses
function M.answer(question_id, answers)
  local params = { instanceId = owner(question_id), questionId = question_id, answers = answers }
  client.call(answers and "question/reply" or "question/reject", params)
end

--- How things stand, as for a statusline.
---@return sidestream.Status
function M.status()
  return require("sidestream.statusline").status(config.directory())
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
M.on = events.on

---@param method string without "sidestream/"
---@param params table
local function on_notification(method, params)
  if transcripts.apply(method, params) or state.apply(method, params) then
    return
  elseif method == "file/didChange" then
    files.changed(params.path)
  elseif method == "prompt/didAdd" then
    for _, part in ipairs(params.parts) do
      M.chat().prompt:add(part)
    end
    M.open({ focus = false })
  end
end

-- What is shown follows what is known.
client.on_notification = on_notification
client.on_exit = state.clear
for _, event in ipairs({ "PermissionAsked", "PermissionResolved", "QuestionAsked", "QuestionResolved" }) do
  events.on(event, views.tails_changed)
end
events.on("SessionChanged", function(data)
  local chat = chats.by_session[data.session.id]
  if chat then
    chat.view:tail_changed()
  end
  panel.draw_bars()
end)
events.on("SessionRemoved", chats.session_removed)
events.on("InstanceChanged", function(data)
  if data.instance.state == "connected" then
    transcripts.retry(data.instance.id)
  end
  panel.draw_bars()
end)
events.on("InstanceClosed", panel.draw_bars)
events.on("Exit", panel.draw_bars)
events.on("RunEnded", files.check)
events.on("Ready", chats.reconnect)
notify.watch()
require("sidestream.servers").reconnect_on_focus()
require("sidestream.code_actions").enable()
require("sidestream.view.highlight").enable()
vim.iter(config.problems()):each(notify.warn)

return M
