-- What a message, a part of it, or something that waits looks like: lines of text and what stands
-- beside them. Pure: reads what the server said, touches no buffer.

local growing = require("sidestream.growing")
local sanitize = require("sidestream.view.sanitize")

local M = {}

---@alias sidestream.Chunk { [1]: string, [2]: string } text and highlight group

---@class sidestream.Shape
---@field kind string what it is, for the eyes: see highlight.lua
---@field lines string[]
---@field icon? sidestream.Chunk drawn over the first two columns
---@field live? boolean the icon turns
---@field beside? sidestream.Chunk[] after the first line
---@field grows? string the field that appended text goes to the end of
---@field indent? string before each line of appended text
---@field folded? boolean there is more to see

---@class sidestream.Look how much is to be seen
---@field open boolean
---@field diff_lines integer

local ICONS = {
  pending = { "○ ", "SidestreamDim" },
  running = { "● ", "SidestreamRunning" },
  completed = { "✓ ", "SidestreamDone" },
  error = { "✗ ", "SidestreamError" },
  interrupted = { "⚠ ", "SidestreamWarning" },
}

---@param milliseconds number
---@return string
function M.duration(milliseconds)
  local seconds = milliseconds / 1000
  if seconds < 10 then
    return ("%.1f s"):format(seconds)
  elseif seconds < 60 then
    return ("%d s"):format(seconds)
  end
  return ("%d min %d s"):format(math.floor(seconds / 60), seconds % 60)
end

---@param count number
---@return string
function M.count(count)
  if count < 1000 then
    return ("%d"):format(count)
  elseif count < 1000000 then
    return ("%.1fk"):format(count / 1000)
  end
  return ("%.1fM"):format(count / 1000000)
end

---@param dollars number
---@return string
function M.cost(dollars)
  return ("$%.2f"):format(dollars)
end

---@param time integer milliseconds since the epoch
---@return string
function M.clock(time)
  local seconds = math.floor(time / 1000)
  local today = os.date("%F") == os.date("%F", seconds)
  return os.date(today and "%H:%M" or "%d %b %H:%M", seconds) --[[@as string]]
end

---@param model? sidestream.ModelRef
---@return string?
function M.model(model)
  if not model then
    return nil
  end
  return model.variant and ("%s (%s)"):format(model.modelId, model.variant) or model.modelId
end

---@param lines string[]
---@param text string
---@param indent string
---@param limit? integer
local function add(lines, text, indent, limit)
  local all = sanitize.lines((text:gsub("\n+$", "")))
  for index, line in ipairs(all) do
    if limit and index > limit then
      table.insert(lines, ("%s… %d more lines"):format(indent, #all - limit))
      return
    end
    table.insert(lines, indent .. line)
  end
end

--- The hunks of a unified diff, without the lines about the files.
---@param lines string[]
---@param diffs sidestream.FileDiff[]
---@param limit integer
local function add_diffs(lines, diffs, limit)
  for _, diff in ipairs(diffs) do
    if #diffs > 1 then
      table.insert(lines, ("    %s +%d -%d"):format(diff.path, diff.additions, diff.deletions))
    end
    local hunks = diff.patch:match("\n(@@.*)$") or diff.patch:match("^@@.*$")
    if hunks then
      add(lines, hunks, "  ", limit)
    end
  end
end

---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape
local function reasoning(part, look)
  local text = growing.text(part, "text")
  local ended = part.time and part.time["end"]
  local title = ended and "Thought for " .. M.duration(ended - part.time.start) or "Thinking"
  local shape = { kind = "reasoning", lines = { "  " .. title } }
  shape.icon = ended and { "∴ ", "SidestreamDim" } or { "● ", "SidestreamRunning" }
  shape.live = not ended
  shape.folded = not look.open
  if look.open then
    for _, line in ipairs(sanitize.lines(text)) do
      table.insert(shape.lines, "  " .. line)
    end
    shape.grows, shape.indent = "text", "  "
  else
    local tail = not ended and text:sub(-200):match("[^\n]*$") or ""
    shape.beside = { { sanitize.line(tail):sub(-60), "SidestreamDim" } }
  end
  return shape
end

---@param todos sidestream.Todo[]
---@param indent string
---@return string[]
function M.todos(todos, indent)
  local marks = { completed = "x", in_progress = "~", cancelled = "-" }
  return vim.tbl_map(function(todo)
    return ("%s[%s] %s"):format(indent, marks[todo.status] or " ", sanitize.line(todo.content or ""))
  end, todos)
end

-- What an open tool shows below its summary.
---@param part sidestream.Part
---@param lines string[]
---@param look sidestream.Look
local function details(part, lines, look)
  local input = type(part.input) == "table" and part.input or {}
  if part.diff and #part.diff > 0 then
    add_diffs(lines, part.diff, look.diff_lines)
  elseif part.kind == "todo" and type(input.todos) == "table" then
    vim.list_extend(lines, M.todos(input.todos, "    "))
  elseif part.kind == "task" then
    if type(input.prompt) == "string" then
      add(lines, input.prompt, "    ", 12)
    end
    if part.status == "completed" then
      add(lines, growing.text(part, "output"), "    ")
    end
  else
    if part.kind == "shell" and type(input.command) == "string" then
      add(lines, "$ " .. input.command, "    ")
    elseif part.kind == "other" and next(input) then
      add(lines, vim.json.encode(input), "    ", 4)
    end
    local output = growing.text(part, "output")
    if output ~= "" then
      add(lines, output, "    ")
    end
  end
  if part.error then
    add(lines, part.error, "    ", 20)
  end
  if part.cut then
    table.insert(lines, "    … cut; <CR> shows the whole")
  end
end

---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape
local function tool(part, look)
  local live = part.status == "running" or part.status == "pending"
  local shape = {
    kind = part.diff and "diff" or "tool",
    lines = { "  " .. sanitize.line(part.summary) },
    icon = ICONS[part.status] or ICONS.pending,
    live = live,
    beside = {},
  }
  if look.open then
    details(part, shape.lines, look)
    if part.kind == "shell" and live then
      shape.grows, shape.indent = "output", "    "
    end
  else
    shape.folded = true
  end
  if part.childSessionId then
    table.insert(shape.beside, { "⏎ open ", "SidestreamHint" })
  elseif shape.folded and not live then
    table.insert(shape.beside, { "⋯ ", "SidestreamDim" })
  end
  local time = part.time
  if time and time["end"] and time["end"] - time.start >= 1000 then
    table.insert(shape.beside, { M.duration(time["end"] - time.start), "SidestreamDim" })
  end
  if part.status == "interrupted" then
    table.insert(shape.beside, { "interrupted", "SidestreamWarning" })
  end
  return shape
end

---@type table<string, fun(part: sidestream.Part, look: sidestream.Look): sidestream.Shape?>
local parts = {
  text = function(part)
    local text = growing.text(part, "text")
    if part.synthetic or text == "" then
      return nil
    end
    local shape = { kind = "text", lines = sanitize.lines(text), grows = "text", indent = "" }
    if part.partial then
      shape.beside = { { "a piece is missing: the connection was lost", "SidestreamWarning" } }
    end
    return shape
  end,
  reasoning = function(part, look)
    if growing.text(part, "text") == "" and not (part.time and not part.time["end"]) then
      return nil
    end
    return reasoning(part, look)
  end,
  tool = tool,
  file = function(part)
    local name = part.filename or part.url:match("[^/]+$") or part.url
    return { kind = "attachment", lines = { "  " .. sanitize.line(name) }, icon = { "@ ", "SidestreamLink" } }
  end,
  agent = function(part)
    return {
      kind = "attachment",
      lines = { "  " .. sanitize.line(part.name) },
      icon = { "@ ", "SidestreamLink" },
    }
  end,
  subtask = function(part)
    local line = ("  %s: %s"):format(part.agent, part.description)
    return { kind = "tool", lines = { sanitize.line(line) }, icon = { "▸ ", "SidestreamDim" } }
  end,
  retry = function(part)
    local line = ("  try %d: %s"):format(part.attempt, part.error.message)
    return { kind = "note", lines = { sanitize.line(line) }, icon = { "↻ ", "SidestreamWarning" } }
  end,
  compaction = function(part)
    local line = part.auto and "  The context was full and has been summarised." or "  The context was summarised."
    return { kind = "note", lines = { line }, icon = { "≡ ", "SidestreamDim" } }
  end,
}

--- How a part looks; nothing for what is not to be seen.
---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape?
function M.part(part, look)
  local formatter = parts[part.type]
  if not formatter then
    return nil
  end
  local ok, shape = pcall(formatter, part, look)
  if ok then
    return shape
  end
  local note = ("  a %s part in an unexpected shape"):format(part.type)
  return { kind = "note", lines = { note }, icon = { "⚠ ", "SidestreamWarning" } }
end

--- Who speaks, and beside it when, for how long, at what cost.
---@param messages sidestream.Message[] of one speaker in one turn
---@param waits boolean the prompt's turn has not come
---@return sidestream.Shape
function M.header(messages, waits)
  local first, last = messages[1], messages[#messages]
  local beside = { M.clock(first.time.created) }
  if first.role == "user" then
    if first.status == "queued" then
      table.insert(beside, "waits for a connection")
    elseif waits then
      table.insert(beside, "queued")
    end
    return {
      kind = "user",
      lines = { "You" },
      beside = { { table.concat(beside, " · "), "SidestreamDim" } },
    }
  end
  local cost = 0
  for _, message in ipairs(messages) do
    cost = cost + (message.cost or 0)
  end
  if last.time.completed then
    table.insert(beside, M.duration(last.time.completed - first.time.created))
  end
  if cost > 0 then
    table.insert(beside, M.cost(cost))
  end
  local who = { sanitize.line(first.agent or "assistant"), M.model(first.model) }
  return {
    kind = "assistant",
    lines = { table.concat(who, " · ") },
    beside = { { table.concat(beside, " · "), "SidestreamDim" } },
  }
end

--- How a message ended, where that needs saying.
---@param message sidestream.Message
---@return sidestream.Shape?
function M.ending(message)
  if message.status == "aborted" then
    return { kind = "note", lines = { "  Stopped." }, icon = { "■ ", "SidestreamDim" } }
  elseif message.status == "interrupted" then
    local line = "  The server was lost here; this answer will not be completed."
    return { kind = "note", lines = { line }, icon = { "⚠ ", "SidestreamWarning" } }
  elseif message.error then
    local lines = {}
    add(lines, message.error.message, "  ", 20)
    return { kind = "error", lines = lines, icon = { "✗ ", "SidestreamError" } }
  end
end

---@param keys table<string, string|false>
---@param actions { [1]: string, [2]: string }[] name of the action, what it does
---@return string
local function hints(keys, actions)
  local words = {}
  for _, action in ipairs(actions) do
    local key = keys[action[1]]
    if key then
      table.insert(words, key .. " " .. action[2])
    end
  end
  return "  " .. table.concat(words, " · ")
end

-- Which sub-agent asks.
---@param lines string[]
---@param path? { title: string }[]
local function add_path(lines, path)
  if path and #path > 0 then
    local titles = vim.tbl_map(function(above)
      return sanitize.line(above.title)
    end, path)
    table.insert(lines, "  a sub-agent of " .. table.concat(titles, " › "))
  end
end

---@param permission sidestream.Permission
---@param look sidestream.Look
---@param keys table<string, string|false>
---@return sidestream.Shape
function M.permission(permission, look, keys)
  local lines = { "  " .. sanitize.line(permission.title) }
  add_path(lines, permission.path)
  if permission.diff then
    add_diffs(lines, permission.diff, look.diff_lines)
  end
  local always = #permission.always > 0 and table.concat(permission.always, ", ")
  always = permission.alwaysTitle or always
  if always then
    table.insert(lines, hints(keys, { { "always", "always: " .. sanitize.line(always) } }))
  end
  local actions = { { "allow", "allow" }, { "reject", "reject" }, { "reject_with_message", "reject and say why" } }
  table.insert(lines, hints(keys, actions))
  return { kind = "permission", lines = lines, icon = { "? ", "SidestreamWaiting" } }
end

---@param question sidestream.Question
---@param answer { index: integer, chosen: table<integer, table<string, boolean>> }
---@param keys table<string, string|false>
---@return sidestream.Shape
function M.question(question, answer, keys)
  local item = question.questions[answer.index]
  local chosen = answer.chosen[answer.index] or {}
  local header = item.header and item.header ~= "" and item.header .. ": " or ""
  local lines = { "  " .. sanitize.line(header .. item.question) }
  if #question.questions > 1 then
    lines[1] = ("%s (%d of %d)"):format(lines[1], answer.index, #question.questions)
  end
  add_path(lines, question.path)
  for number, option in ipairs(item.options or {}) do
    local mark = not item.multiple and "" or chosen[option.label] and "[x] " or "[ ] "
    local description = option.description and option.description ~= "" and "  " .. option.description or ""
    table.insert(lines, sanitize.line(("  %d %s%s%s"):format(number, mark, option.label, description)))
  end
  for own in pairs(chosen) do
    local known = vim.iter(item.options or {}):any(function(option)
      return option.label == own
    end)
    if not known then
      table.insert(lines, "    [x] " .. sanitize.line(own))
    end
  end
  local actions = {}
  if item.multiple then
    table.insert(actions, { "allow", "answer with what is chosen" })
  end
  if item.custom ~= false then
    table.insert(actions, { "reject_with_message", "own words" })
  end
  table.insert(actions, { "reject", "dismiss" })
  table.insert(lines, hints(keys, actions))
  return { kind = "question", lines = lines, icon = { "? ", "SidestreamWaiting" } }
end

--- What the session as a whole has to say.
---@param session? sidestream.Session
---@return sidestream.Shape?
function M.status(session)
  local status = session and session.status or { type = "idle" }
  if status.type == "retry" then
    local line = ("  %s\n  Try %d follows at %s."):format(
      sanitize.line(status.message),
      status.attempt,
      os.date("%T", math.floor(status.next / 1000))
    )
    return { kind = "note", lines = vim.split(line, "\n"), icon = { "↻ ", "SidestreamWarning" } }
  elseif status.type == "error" then
    local lines = {}
    add(lines, status.message, "  ", 20)
    return { kind = "error", lines = lines, icon = { "✗ ", "SidestreamError" } }
  elseif status.type == "submitted" then
    return { kind = "note", lines = { "  Waiting for the answer" }, icon = { "● ", "SidestreamRunning" }, live = true }
  elseif status.type == "compacting" then
    local line = "  Summarising the context"
    return { kind = "note", lines = { line }, icon = { "● ", "SidestreamRunning" }, live = true }
  end
end

return M
