-- Answering what waits for the user: with single keys in the panel, or from anywhere by an inbox.

local diff = require("sidestream.diff")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

local function api()
  return require("sidestream")
end

--- Permissions ------------------------------------------------------------------

-- What waits, with the session that it waits in.
---@param item sidestream.Permission|sidestream.Question
---@param text string
---@return string
local function name(item, text)
  return ("%s: %s"):format(state.title(item.sessionId, "session"), text)
end

--- Answers what waits in the session that is shown; before anything else is answered, it is named.
---@param reply sidestream.PermissionReply
---@param message? string
function M.reply_next(reply, message)
  local session = api().session()
  local here = session and state.waiting_items("permission", session.id)[1]
  local permission = here or api().permissions()[1]
  if not permission then
    notify.info("No permission waits.")
  elseif here or vim.fn.confirm(name(permission, permission.title), ("&Yes, %s\n&Cancel"):format(reply), 2) == 1 then
    api().reply(permission.id, reply, message)
  end
end

---@param permission sidestream.Permission
local function reject_with_message(permission)
  vim.ui.input({ prompt = "What to do instead: " }, function(message)
    if message then
      api().reply(permission.id, "reject", message ~= "" and message or nil)
    end
  end)
end

---@param permission sidestream.Permission
local function ask_permission(permission)
  local reply = api().reply
  local choices = { { "Allow once", reply, permission.id, "once" } }
  if permission.alwaysTitle then
    table.insert(choices, { "Always: " .. permission.alwaysTitle, reply, permission.id, "always" })
  end
  table.insert(choices, { "Reject", reply, permission.id, "reject" })
  table.insert(choices, { "Reject and say why", reject_with_message, permission })
  if permission.diff then
    local instance = state.waiting[permission.id].instance_id
    table.insert(choices, 1, { "Show the change first", diff.proposed, instance, permission })
  end
  notify.menu(name(permission, permission.title), choices)
end

--- Questions ------------------------------------------------------------------

---@class sidestream.Answer
---@field index integer which of the questions is being answered
---@field chosen string[][] by question: labels, or own words

---@type table<sidestream.Question, sidestream.Answer>
local answers = setmetatable({}, { __mode = "k" })

--- What is chosen so far.
---@param question sidestream.Question
---@return sidestream.Answer
function M.progress(question)
  if not answers[question] then
    answers[question] = { index = 1, chosen = vim.tbl_map(function()
      return {}
    end, question.questions) }
  end
  return answers[question]
end

---@param question sidestream.Question
local function go_on(question)
  local answer = M.progress(question)
  if answer.index == #question.questions then
    return api().answer(question.id, answer.chosen)
  end
  answer.index = answer.index + 1
  require("sidestream.view").tails_changed()
end

---@param question sidestream.Question
---@param label string an option's, or the user's own words
local function choose(question, label)
  local answer = M.progress(question)
  local chosen = answer.chosen[answer.index]
  if not question.questions[answer.index].multiple then
    answer.chosen[answer.index] = { label }
    return go_on(question)
  end
  local without = vim.tbl_filter(function(other)
    return other ~= label
  end, chosen)
  answer.chosen[answer.index] = #without < #chosen and without or vim.list_extend(without, { label })
  require("sidestream.view").tails_changed()
end

---@param question sidestream.Question
local function own_words(question)
  vim.ui.input({ prompt = "Your answer: " }, function(text)
    if text and text ~= "" then
      choose(question, text)
    end
  end)
end

-- A question is answered where it stands, with what led to it.
---@param question sidestream.Question
local function show_question(question)
  api().open({ session = question.sessionId, focus = false })
  local shown = require("sidestream.panel").windows()
  if shown then
    vim.api.nvim_set_current_win(shown.window)
    vim.api.nvim_win_set_cursor(shown.window, { vim.api.nvim_buf_line_count(shown.chat.buffer), 0 })
  end
end

--- Keys in the panel ------------------------------------------------------------

-- What the cursor is on, or the one thing that waits.
---@param view sidestream.View
---@return table? item
local function item_at(view)
  local block = view:block_at(vim.api.nvim_win_get_cursor(0)[1] - 1)
  if block and block.item then
    return block.item
  end
  local first = vim.iter(view.tail.blocks):find(function(other)
    return other.item and not other.gone
  end)
  return first and first.item
end

---@param view sidestream.View
---@param action "allow"|"always"|"reject"|"reject_with_message"
function M.act(view, action)
  local item = item_at(view)
  if not item then
    notify.info("Nothing waits for you here.")
  elseif item.questions and action == "reject" then
    api().answer(item.id, nil)
  elseif item.questions and action == "reject_with_message" then
    own_words(item)
  elseif item.questions then
    go_on(item)
  elseif action == "reject_with_message" then
    reject_with_message(item)
  else
    api().reply(item.id, ({ allow = "once", always = "always", reject = "reject" })[action])
  end
end

--- Chooses an option of the question under the cursor, or of the one that waits.
---@param view sidestream.View
---@param number integer
---@return boolean whether there was a question
function M.choose(view, number)
  local item = item_at(view)
  if not item or not item.questions then
    return false
  end
  local option = item.questions[M.progress(item).index].options[number]
  if option then
    choose(item, option.label)
  end
  return true
end

--- Everything that waits, in all sessions of all folders.
function M.inbox()
  local choices = {}
  for _, permission in ipairs(api().permissions()) do
    table.insert(choices, { name(permission, permission.title), ask_permission, permission })
  end
  for _, question in ipairs(api().questions()) do
    table.insert(choices, { name(question, question.questions[1].question), show_question, question })
  end
  if #choices == 0 then
    return notify.info("Nothing waits for you.")
  end
  notify.menu("Waiting for you", choices)
end

return M
