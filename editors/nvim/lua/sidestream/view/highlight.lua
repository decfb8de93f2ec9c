-- Colours of a view's lines, worked out for the lines on the screen and nothing else, at each redraw.
-- Fenced code is highlighted by treesitter where Neovim has a parser for its language.

local markdown = require("sidestream.view.markdown")
local syntax = require("sidestream.view.syntax")
local views = require("sidestream.view")

local M = {}

local namespace = vim.api.nvim_create_namespace("sidestream.highlight")

-- Code is highlighted in pieces of this many lines: those that are seen, and when more is streamed the last one.
local CODE_LINES = 300

-- Neovim's own groups, and ours that look like them at first.
local GROUPS = {
  Title = { "User", "Heading" },
  Function = { "Assistant" },
  Normal = { "Tool", "Diff" },
  Comment = { "Dim", "Hint", "Hunk", "Note", "Quote", "Reasoning" },
  NonText = { "Mark" },
  Special = { "Bullet" },
  Underlined = { "Link", "Attachment" },
  CursorLine = { "Code" },
  DiagnosticInfo = { "Running" },
  DiagnosticOk = { "Done" },
  DiagnosticError = { "Error" },
  DiagnosticWarn = { "Warning", "Waiting" },
  ["@markup.strong"] = { "Title", "Permission", "Question" },
  Added = { "Added" },
  Removed = { "Removed" },
}

local function define_groups()
  for link, names in pairs(GROUPS) do
    for _, name in ipairs(names) do
      vim.api.nvim_set_hl(0, "Sidestream" .. name, { link = link, default = true })
    end
  end
end

---@param buffer integer
---@param row integer
---@param from integer
---@param to integer
---@param group string
---@param conceal? string
local function paint(buffer, row, from, to, group, conceal)
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, from, {
    end_col = to,
    hl_group = group,
    conceal = conceal,
    ephemeral = true,
    strict = false,
  })
end

---@param buffer integer
---@param row integer
---@param spans sidestream.Span[]
local function paint_spans(buffer, row, spans)
  for _, span in ipairs(spans) do
    paint(buffer, row, span[1], span[2], span[3], span.conceal)
  end
end

--- Code -----------------------------------------------------------------------

---@class sidestream.Fence
---@field first integer the opening line, counted in the block from 0
---@field last? integer the closing line; absent while it is open
---@field language string
---@field marks string that opened it
---@field drawn table<integer, integer> where its pieces begin, and up to where they have their colours
---@field spans table<integer, sidestream.Span[]> by line of the block

-- Finds a text's fences; what was looked at before is not looked at again.
---@param view sidestream.View
---@param block sidestream.Block
---@param top integer row of the block's first line
---@return sidestream.Fence[]
local function fences(view, block, top)
  local known = block.fences or { seen = 0, list = {} }
  block.fences = known
  -- The last line may still grow.
  local complete = block.lines - 1
  if known.seen < complete then
    local lines = vim.api.nvim_buf_get_lines(view.buffer, top + known.seen, top + complete, false)
    for index, line in ipairs(lines) do
      local open = known.list[#known.list]
      local at = known.seen + index - 1
      if open and not open.last then
        if markdown.closes_fence(line, open.marks) then
          open.last = at
        end
      else
        local language, marks = markdown.fence(line)
        if language and marks then
          table.insert(known.list, { first = at, language = language, marks = marks, drawn = {}, spans = {} })
        end
      end
    end
    known.seen = complete
  end
  return known.list
end

-- The colours of a line of a fence's code, worked out with those around it, and again when there are more.
---@param view sidestream.View
---@param block sidestream.Block
---@param top integer
---@param fence sidestream.Fence
---@param at integer line of the block
---@return sidestream.Span[]
local function code_spans(view, block, top, fence, at)
  local start = at - (at - fence.first - 1) % CODE_LINES
  local stop = math.min(start + CODE_LINES, fence.last or block.lines - 1)
  local language = fence.drawn[start] ~= stop and syntax.language(fence.language)
  if language then
    local lines = vim.api.nvim_buf_get_lines(view.buffer, top + start, top + stop, false)
    for line, spans in pairs(syntax.spans(lines, language)) do
      fence.spans[start + line] = spans
    end
    fence.drawn[start] = stop
  end
  return fence.spans[at] or {}
end

--- Lines ----------------------------------------------------------------------

---@param view sidestream.View
---@param block sidestream.Block
---@param row integer
---@param top integer
---@param line string
local function paint_text(view, block, row, top, line)
  local at = row - top
  for _, fence in ipairs(fences(view, block, top)) do
    if at >= fence.first and at <= (fence.last or math.huge) then
      vim.api.nvim_buf_set_extmark(view.buffer, namespace, row, 0, {
        end_row = row + 1,
        hl_group = "SidestreamCode",
        hl_eol = true,
        ephemeral = true,
        strict = false,
        priority = 50,
      })
      if at == fence.first or at == fence.last then
        return paint(view.buffer, row, 0, #line, "SidestreamMark")
      end
      return paint_spans(view.buffer, row, code_spans(view, block, top, fence, at))
    end
  end
  paint_spans(view.buffer, row, markdown.spans(line))
end

local DIFF = { ["+"] = "SidestreamAdded", ["-"] = "SidestreamRemoved", ["@"] = "SidestreamHunk" }

-- Groups of the lines below a block's first one, which has that of its kind.
local BELOW = { tool = "SidestreamDim", reasoning = "SidestreamReasoning", error = "SidestreamError" }

---@param block sidestream.Block
---@param at integer line of the block, from 0
---@param line string
---@return string? group
local function group_of(block, at, line)
  local shape = block.shape or {}
  local kind = shape.kind or ""
  if at == (block.gap and 1 or 0) then
    return "Sidestream" .. kind:gsub("^%l", string.upper)
  elseif at >= block.lines - (shape.hints or 0) then
    return "SidestreamHint"
  elseif kind == "diff" or kind == "permission" then
    return DIFF[line:sub(3, 3)]
  end
  return BELOW[kind]
end

---@param buffer integer
---@param row integer
local function on_line(_, _, buffer, row)
  local view = views.by_buffer[buffer]
  local block, top = view:block_at(row)
  if not block or not top or not block.shape then
    return
  end
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
  if block.shape.kind == "text" then
    return paint_text(view, block, row, top, line)
  end
  local group = group_of(block, row - top, line)
  if group then
    paint(buffer, row, 0, #line, group)
  end
end

---@param buffer integer
---@return boolean
local function on_win(_, _, buffer)
  return views.by_buffer[buffer] ~= nil
end

function M.enable()
  define_groups()
  vim.api.nvim_create_autocmd("ColorScheme", { callback = define_groups })
  syntax.on_load = function()
    for buffer in pairs(views.by_buffer) do
      vim.api.nvim__redraw({ buf = buffer, valid = false })
    end
  end
  vim.api.nvim_set_decoration_provider(namespace, { on_win = on_win, on_line = on_line })
end

return M
