-- How a permission or a question that waits for the user looks, with the keys that answer it.

local sanitize = require("sidestream.view.sanitize")
local shapes = require("sidestream.view.shape")

local M = {}

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
---@param keys table<string, string|false>
---@param actions { [1]: string, [2]: string }[] name of the action, what it does
local function add_keys(shape, keys, actions)
  local words = {}
  for _, action in ipairs(actions) do
    local key = keys[action[1]]
    if key then
      table.insert(words, key .. " " .. action[2])
    end
  end
  table.insert(shape.lines, "  " .. table.concat(words, " · "))
  shape.hints = (shape.hints or 0) + 1
end

---@param permission sidestream.Permission
---@param diff_lines integer
---@param keys table<string, string|false>
---@return sidestream.Shape
function M.permission(permission, diff_lines, keys)
  local shape = ask("permission", permission.title, permission)
  shapes.add_diffs(shape.lines, permission.diff or {}, diff_lines)
  if permission.alwaysTitle then
    add_keys(shape, keys, { { "always", "always: " .. sanitize.line(permission.alwaysTitle) } })
  end
  local actions = { { "allow", "allow" }, { "reject", "reject" }, { "reject_with_message", "reject and say why" } }
  add_keys(shape, keys, actions)
  return shape
end

---@param question sidestream.Question
---@param answer sidestream.Answer
---@param keys table<string, string|false>
---@return sidestream.Shape
function M.question(question, answer, keys)
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
  add_keys(shape, keys, actions)
  return shape
end

return M
