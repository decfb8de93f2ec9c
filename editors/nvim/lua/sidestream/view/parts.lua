-- How a part of a message looks: text, reasoning, and tools as one line each with details below when opened.

local figures = require("sidestream.view.figures")
local growing = require("sidestream.growing")
local sanitize = require("sidestream.view.sanitize")
local shapes = require("sidestream.view.shape")

local M = {}

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

---@param todos sidestream.Todo[]
---@param indent string
---@return string[]
function M.todos(todos, indent)
  local marks = { completed = "x", in_progress = "~", cancelled = "-" }
  return vim.tbl_map(function(todo)
    return ("%s[%s] %s"):format(indent, marks[todo.status] or " ", sanitize.line(todo.content or ""))
  end, todos)
end

--- What an open tool shows below its summary, by kind; of all others, its output.
---@type table<sidestream.ToolKind, fun(part: sidestream.Part, input: table, lines: string[])>
local details = {
  shell = function(part, input, lines)
    shapes.add(lines, "$ " .. (input.command or ""), "    ")
    local add = part.status == "running" and shapes.add_growing or shapes.add
    add(lines, growing.text(part, "output"), "    ")
  end,
  todo = function(_, input, lines)
    vim.list_extend(lines, M.todos(input.todos or {}, "    "))
  end,
  task = function(part, input, lines)
    shapes.add(lines, input.prompt or "", "    ", 12)
    shapes.add(lines, growing.text(part, "output"), "    ")
  end,
  other = function(part, input, lines)
    shapes.add(lines, vim.json.encode(input), "    ", 4)
    shapes.add(lines, growing.text(part, "output"), "    ")
  end,
}

---@param part sidestream.Part
---@param lines string[]
---@param look sidestream.Look
local function add_details(part, lines, look)
  local kind = details[part.kind or "other"]
  if part.diff and #part.diff > 0 then
    shapes.add_diffs(lines, part.diff, look.diff_lines)
  elseif kind then
    kind(part, type(part.input) == "table" and part.input or {}, lines)
  else
    shapes.add(lines, growing.text(part, "output"), "    ")
  end
  if part.error then
    shapes.add(lines, part.error --[[@as string]], "    ", 20)
  end
end

---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape
local function tool(part, look)
  local live = part.status == "running" or part.status == "pending"
  local shape = shapes.line(part.diff and "diff" or "tool", "", "", part.summary or "")
  shape.icon, shape.live, shape.beside = ICONS[part.status] or ICONS.pending, live, {}
  if look.open then
    add_details(part, shape.lines, look)
    if part.kind == "shell" and part.status == "running" then
      shape.grows, shape.indent = "output", "    "
    end
    -- Not below the output, which may go on.
    table.insert(shape.beside, part.cut and { "cut; ⏎ shows the whole ", "SidestreamHint" } or nil)
  end
  if part.childSessionId then
    table.insert(shape.beside, { "⏎ open ", "SidestreamHint" })
  elseif not look.open and not live then
    table.insert(shape.beside, { "⋯ ", "SidestreamDim" })
  end
  local time = part.time
  if time and time["end"] and time["end"] - time.start >= 1000 then
    table.insert(shape.beside, { figures.duration(time["end"] - time.start), "SidestreamDim" })
  end
  return shape
end

---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape?
local function reasoning(part, look)
  local text, time = growing.text(part, "text"), part.time
  local ended = time and time["end"]
  if text == "" and (ended or not time) then
    return nil
  end
  local shape = shapes.running("Thinking")
  if time and ended then
    shape = shapes.line("reasoning", "∴", "SidestreamDim", "Thought for " .. figures.duration(ended - time.start))
  end
  shape.kind = "reasoning"
  if look.open then
    shapes.add_growing(shape.lines, text, "  ")
    shape.grows, shape.indent = "text", "  "
  elseif not ended then
    local tail = sanitize.line(text:sub(-400):match("[^\n]*$") or "")
    shape.beside = { { vim.fn.strcharpart(tail, vim.fn.strchars(tail) - 60), "SidestreamDim" } }
  end
  return shape
end

---@type table<string, fun(part: sidestream.Part, look: sidestream.Look): sidestream.Shape?>
local kinds = {
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
  reasoning = reasoning,
  tool = tool,
  file = function(part)
    return shapes.line("attachment", "@", "SidestreamLink", part.filename or vim.fs.basename(part.url or ""))
  end,
  agent = function(part)
    return shapes.line("attachment", "@", "SidestreamLink", part.name or "")
  end,
  subtask = function(part)
    return shapes.line("tool", "▸", "SidestreamDim", ("%s: %s"):format(part.agent, part.description))
  end,
  retry = function(part)
    local problem = part.error --[[@as sidestream.MessageError]]
    local line = ("try %d: %s"):format(part.attempt, problem.message)
    return shapes.line("note", "↻", "SidestreamWarning", line)
  end,
  compaction = function(part)
    local line = part.auto and "The context was full and has been summarised." or "The context was summarised."
    return shapes.line("note", "≡", "SidestreamDim", line)
  end,
}

--- How a part looks; nothing for what is not to be seen.
---@param part sidestream.Part
---@param look sidestream.Look
---@return sidestream.Shape?
function M.shape(part, look)
  local kind = kinds[part.type]
  return kind and kind(part, look)
end

return M
