-- The end of a session's buffer: what the session has to say as a whole, and what waits for the user in it or in
-- its sub-agents, with the keys that answer it.

local config = require("sidestream.config")
local sanitize = require("sidestream.view.sanitize")
local shapes = require("sidestream.view.shape")
local state = require("sidestream.state")
local turns = require("sidestream.view.turns")
local waiting = require("sidestream.waiting")

local M = {}

---@param kind "permission"|"question"
---@param text string
---@param item sidestream.Permission|sidestream.Question
---@return sidestream.Shape
local function ask(kind, text, item)
  local shape = shapes.line(kind, "?", "SidestreamWaiting", text)
  if item.path and #item.path > 0 then
    local titles = vim.tbl_map(function(above)
      return sanitize.line(above.title)
    end, item.path)
    table.insert(shape.lines, "  a sub-agent of " .. table.concat(titles, " › "))
  end
  return shape
end

-- Adds a line of keys; those that the user has switched off are left out.
---@param shape sidestream.Shape
---@param actions { [1]: string, [2]: string }[] name of the action, what it does
local function add_keys(shape, actions)
  local words, keys = {}, config.get().keymaps.panel
  for _, action in ipairs(actions) do
    local key = keys[action[1]]
    if key then
      table.insert(words, key .. " " .. action[2])
    end
  end
  table.insert(shape.lines, "  " .. table.concat(words, " · "))
  shape.hints = (shape.hints or 0) + 1
end

---@param block sidestream.Block
---@return sidestream.Shape
local function draw_permission(block)
  local permission = block.item --[[@as sidestream.Permission]]
  local shape = ask("permission", permission.title, permission)
  shapes.add_diffs(shape.lines, permission.diff or {}, config.get().panel.diff_lines)
  if permission.alwaysTitle then
    add_keys(shape, { { "always", "always: " .. sanitize.line(permission.alwaysTitle) } })
  end
  local actions = { { "allow", "allow" }, { "reject", "reject" }, { "reject_with_message", "reject and say why" } }
  add_keys(shape, actions)
  return shape
end

---@param block sidestream.Block
---@return sidestream.Shape
local function draw_question(block)
  local question = block.item --[[@as sidestream.Question]]
  local answer = waiting.progress(question)
  local item = question.questions[answer.index]
  local chosen = vim.list_slice(answer.chosen[answer.index])
  local text = item.header ~= "" and item.header .. ": " .. item.question or item.question
  if #question.questions > 1 then
    text = ("%s (%d of %d)"):format(text, answer.index, #question.questions)
  end
  local shape = ask("question", text, question)
  local labels = {}
  for number, option in ipairs(item.options) do
    labels[option.label] = true
    local mark = not item.multiple and "" or vim.tbl_contains(chosen, option.label) and "[x] " or "[ ] "
    local description = option.description ~= "" and "  " .. option.description or ""
    table.insert(shape.lines, sanitize.line(("  %d %s%s%s"):format(number, mark, option.label, description)))
  end
  for _, words in ipairs(chosen) do
    if not labels[words] then
      table.insert(shape.lines, "    [x] " .. sanitize.line(words))
    end
  end
  local actions = { { "reject", "dismiss" } }
  if item.custom then
    table.insert(actions, 1, { "reject_with_message", "own words" })
  end
  if item.multiple then
    table.insert(actions, 1, { "allow", "answer with what is chosen" })
  end
  add_keys(shape, actions)
  return shape
end

--- What is at the end.
---@param session_id? string
---@return sidestream.Content[]
function M.contents(session_id)
  local function draw_status()
    return turns.status(state.sessions[session_id or ""])
  end
  local contents = { { id = "status", version = {}, draw = draw_status } }
  for _, kind in ipairs(session_id and { "permission", "question" } or {}) do
    for _, item in ipairs(state.waiting_items(kind, session_id)) do
      local draw = kind == "permission" and draw_permission or draw_question
      table.insert(contents, { id = item.id, version = {}, draw = draw, item = item })
    end
  end
  return contents
end

return M
