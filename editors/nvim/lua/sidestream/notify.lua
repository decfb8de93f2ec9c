-- The one place that speaks to the user outside of the panel: tells, and lets choose.

local events = require("sidestream.events")

local M = {}

local focused = true

---@param text string
---@param level integer
local function say(text, level)
  vim.schedule(function()
    vim.notify(text, level, { title = "Sidestream" })
  end)
end

---@param text string
function M.info(text)
  say(text, vim.log.levels.INFO)
end

---@param text string
function M.warn(text)
  say(text, vim.log.levels.WARN)
end

---@param text string
function M.error(text)
  say(text, vim.log.levels.ERROR)
end

--- Shows an error of the protocol, if there is one: what happened, and what to do about it.
---@param failure? { message: string, data?: { kind?: string, hint?: string } }
function M.failure(failure)
  local hint = failure and failure.data and failure.data.hint
  if failure then
    M.error(hint and failure.message .. "\n" .. hint or failure.message)
  end
end

--- For requests: shows what failed, and passes on what did not.
---@param callback? fun(result: any)
---@return fun(failure: table?, result: any)
function M.unless_failed(callback)
  return function(failure, result)
    M.failure(failure)
    if not failure and callback then
      callback(result)
    end
  end
end

--- A choice of what to do, by `vim.ui.select`, so that it looks as the user likes it.
---@param prompt string
---@param choices table[] what each is called, a function, and its arguments
function M.menu(prompt, choices)
  vim.ui.select(choices, {
    prompt = prompt,
    format_item = function(choice)
      return choice[1]
    end,
  }, function(choice)
    if choice then
      choice[2](unpack(choice, 3))
    end
  end)
end

-- A terminal shows OSC 9 as a notification of the desktop, also over SSH.
---@param text string
local function desktop(text)
  if #vim.api.nvim_list_uis() > 0 then
    local sequence = ("\27]9;%s\7"):format((text:gsub("%c", " ")))
    if vim.api.nvim_ui_send then
      vim.api.nvim_ui_send(sequence)
    else
      io.stderr:write(sequence)
    end
  end
end

--- Something about a session that a user who looks elsewhere wants to know.
---@param session_id string
---@param text string
local function call_back(session_id, text)
  local how = require("sidestream.config").get().notify
  text = require("sidestream.state").title(session_id, "OpenCode") .. text
  if focused or how == false then
    return
  elseif type(how) == "function" then
    return how(text)
  elseif how ~= "message" then
    desktop(text)
  end
  M.info(text)
end

---@param event vim.api.keyset.create_autocmd.callback_args
local function notice_focus(event)
  focused = event.event == "FocusGained"
end

--- Notices focus, and calls the user back when a run ends or waits.
function M.watch()
  vim.api.nvim_create_autocmd({ "FocusGained", "FocusLost" }, { callback = notice_focus })
  events.on("RunEnded", function(data)
    if not data.session.parentId then
      local failed = data.session.status.type == "error"
      call_back(data.session.id, failed and ": the run failed" or ": the run has ended")
    end
  end)
  events.on("PermissionAsked", function(data)
    call_back(data.permission.sessionId, " waits for your permission: " .. data.permission.title)
  end)
  events.on("QuestionAsked", function(data)
    call_back(data.question.sessionId, " asks you a question")
  end)
end

return M
