-- Answering what waits for the user: with single keys in the panel, or from anywhere by an inbox.

local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

---@param permission sidestream.Permission
---@param reply "once"|"always"|"reject"
---@param message? string
function M.reply(permission, reply, message)
  require("sidestream").reply(permission.id, reply, message)
end

-- What a command without a name is about: what waits here, else what waits longest anywhere.
---@return sidestream.Permission?
local function next_permission()
  local session = require("sidestream").session()
  local here = session and state.waiting_in(session.id)[1]
  return here or state.waiting_permissions()[1]
end

---@param reply "once"|"always"|"reject"
---@param message? string
function M.reply_next(reply, message)
  local permission = next_permission()
  if not permission then
    return notify.info("No permission waits.")
  end
  M.reply(permission, reply, message)
end

---@param permission sidestream.Permission
local function reject_with_message(permission)
  vim.ui.input({ prompt = "What to do instead: " }, function(message)
    if message then
      M.reply(permission, "reject", message ~= "" and message or nil)
    end
  end)
end

--- Questions ------------------------------------------------------------------

---@class sidestream.Answer
---@field index integer which of the questions is being answered
---@field chosen table<integer, table<string, boolean>> by question: labels, or own words

---@param question sidestream.Question
---@param answer sidestream.Answer
local function send_answer(question, answer)
  local answers = {}
  for index, item in ipairs(question.questions) do
    answers[index] = {}
    local chosen = vim.deepcopy(answer.chosen[index] or {})
    -- In the order of the options, own words last.
    for _, option in ipairs(item.options or {}) do
      if chosen[option.label] then
        table.insert(answers[index], option.label)
        chosen[option.label] = nil
      end
    end
    vim.list_extend(answers[index], vim.tbl_keys(chosen))
  end
  require("sidestream").answer(question.id, answers)
end

---@param view sidestream.View
---@param question sidestream.Question
local function go_on(view, question)
  local answer = view.answers[question.id]
  if answer.index < #question.questions then
    answer.index = answer.index + 1
    view:tail_changed()
  else
    send_answer(question, answer)
  end
end

---@param view sidestream.View
---@param question sidestream.Question
---@param label string
local function choose(view, question, label)
  local answer = view.answers[question.id]
  local item = question.questions[answer.index]
  local chosen = answer.chosen[answer.index] or {}
  answer.chosen[answer.index] = chosen
  if item.multiple then
    chosen[label] = not chosen[label] or nil
    view:tail_changed()
  else
    answer.chosen[answer.index] = { [label] = true }
    go_on(view, question)
  end
end

---@param view sidestream.View
---@param question sidestream.Question
local function own_words(view, question)
  vim.ui.input({ prompt = "Your answer: " }, function(text)
    if text and text ~= "" then
      choose(view, question, text)
    end
  end)
end

--- Keys in the panel ------------------------------------------------------------

-- What the cursor is on, or the one thing that waits.
---@param view sidestream.View
---@return table? item
local function item_at(view)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local block = view:block_at(row)
  if block and block.item then
    return block.item
  end
  for _, other in ipairs(view.tail.blocks) do
    if other.item and not other.gone then
      return other.item
    end
  end
end

---@param view sidestream.View
---@param action "allow"|"always"|"reject"|"reject_with_message"
function M.act(view, action)
  local item = item_at(view)
  if not item then
    return notify.info("Nothing waits for you here.")
  elseif item.questions then
    if action == "allow" then
      go_on(view, item)
    elseif action == "reject_with_message" then
      own_words(view, item)
    elseif action == "reject" then
      require("sidestream").answer(item.id, nil)
    end
  elseif action == "reject_with_message" then
    reject_with_message(item)
  else
    M.reply(item, ({ allow = "once", always = "always", reject = "reject" })[action])
  end
end

--- Chooses an option of the question under the cursor, or of the one that waits.
---@param view sidestream.View
---@param number integer
---@return boolean whether there was one
function M.choose(view, number)
  local item = item_at(view)
  if not item or not item.questions then
    return false
  end
  local options = item.questions[view.answers[item.id].index].options or {}
  if options[number] then
    choose(view, item, options[number].label)
  end
  return true
end

--- Inbox ------------------------------------------------------------------------

---@param session_id string
---@return string
local function title(session_id)
  local session = state.sessions[session_id]
  return session and session.title ~= "" and session.title or "session"
end

---@param permission sidestream.Permission
local function ask_permission(permission)
  local always = permission.alwaysTitle or table.concat(permission.always, ", ")
  local choices = { { "Allow once", "once" } }
  if always ~= "" then
    table.insert(choices, { "Always: " .. always, "always" })
  end
  vim.list_extend(choices, { { "Reject", "reject" }, { "Reject and say why" }, { "Show the session", "show" } })
  vim.ui.select(choices, {
    prompt = permission.title,
    format_item = function(choice)
      return choice[1]
    end,
  }, function(choice)
    if not choice then
      return
    elseif choice[2] == "show" then
      require("sidestream").open({ session = permission.sessionId, focus = false })
    elseif choice[2] then
      M.reply(permission, choice[2])
    else
      reject_with_message(permission)
    end
  end)
end

---@param question sidestream.Question
---@param index integer
---@param answers string[][]
local function ask_question(question, index, answers)
  local item = question.questions[index]
  if not item then
    return require("sidestream").answer(question.id, answers)
  end
  local function given(label)
    answers[index] = { label }
    ask_question(question, index + 1, answers)
  end
  local choices = vim.list_slice(item.options or {})
  local own_answer = { label = "In your own words" }
  if item.custom ~= false then
    table.insert(choices, own_answer)
  end
  vim.ui.select(choices, {
    prompt = item.question,
    format_item = function(option)
      local described = option.description and option.description ~= ""
      return described and ("%s: %s"):format(option.label, option.description) or option.label
    end,
  }, function(option)
    if not option then
      return
    elseif option == own_answer then
      vim.ui.input({ prompt = item.question .. " " }, function(text)
        if text and text ~= "" then
          given(text)
        end
      end)
    else
      given(option.label)
    end
  end)
end

--- Everything that waits, in all sessions of all folders.
function M.inbox()
  ---@type (sidestream.Permission|sidestream.Question)[]
  local items = {}
  vim.list_extend(items, state.waiting_permissions())
  vim.list_extend(items, state.waiting_questions())
  if #items == 0 then
    return notify.info("Nothing waits for you.")
  end
  vim.ui.select(items, {
    prompt = "Waiting for you",
    format_item = function(item)
      return ("%s: %s"):format(title(item.sessionId), item.title or item.questions[1].question)
    end,
  }, function(item)
    if not item then
      return
    elseif item.questions then
      ask_question(item, 1, {})
    else
      ask_permission(item)
    end
  end)
end

return M
