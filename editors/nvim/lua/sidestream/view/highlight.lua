-- Colours of a view's lines, worked out for the lines on the screen and nothing else, at each redraw.
-- Fenced code is highlighted by treesitter where Neovim has a parser for its language.

local markdown = require("sidestream.view.markdown")
local views = require("sidestream.view")

local M = {}

local namespace = vim.api.nvim_create_namespace("sidestream.highlight")

-- A block of code longer than this many lines is highlighted from here backwards only.
local CODE_LINES = 300
-- Bytes of a line of code that are worth a parser's time.
local CODE_WIDTH = 2000

local GROUPS = {
  SidestreamUser = "Title",
  SidestreamAssistant = "Function",
  SidestreamDim = "Comment",
  SidestreamHint = "Comment",
  SidestreamMark = "NonText",
  SidestreamHeading = "Title",
  SidestreamQuote = "Comment",
  SidestreamBullet = "Special",
  SidestreamInlineCode = "String",
  SidestreamLink = "Underlined",
  SidestreamCode = "CursorLine",
  SidestreamTool = "Normal",
  SidestreamReasoning = "Comment",
  SidestreamRunning = "DiagnosticInfo",
  SidestreamDone = "DiagnosticOk",
  SidestreamError = "DiagnosticError",
  SidestreamWarning = "DiagnosticWarn",
  SidestreamWaiting = "DiagnosticWarn",
  SidestreamAdded = "Added",
  SidestreamRemoved = "Removed",
  SidestreamHunk = "Comment",
}

function M.define_groups()
  for name, link in pairs(GROUPS) do
    vim.api.nvim_set_hl(0, name, { link = link, default = true })
  end
  vim.api.nvim_set_hl(0, "SidestreamBold", { bold = true, default = true })
  vim.api.nvim_set_hl(0, "SidestreamItalic", { italic = true, default = true })
  vim.api.nvim_set_hl(0, "SidestreamStruck", { strikethrough = true, default = true })
  vim.api.nvim_set_hl(0, "SidestreamAsk", { bold = true, default = true })
end

---@param buffer integer
---@param row integer
---@param from integer
---@param to integer
---@param group string
---@param conceal? boolean
local function paint(buffer, row, from, to, group, conceal)
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, from, {
    end_col = to,
    hl_group = group,
    conceal = conceal and "" or nil,
    ephemeral = true,
    strict = false,
  })
end

---@param buffer integer
---@param row integer
---@param group string
local function paint_line(buffer, row, group)
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, 0, {
    end_row = row + 1,
    end_col = 0,
    hl_group = group,
    hl_eol = true,
    ephemeral = true,
    strict = false,
    priority = 50,
  })
end

--- Code -----------------------------------------------------------------------

---@class sidestream.Fence
---@field first integer the opening line, counted in the block from 0
---@field last? integer the closing line; absent while it is open
---@field language string
---@field drawn? integer how many lines its colours are for
---@field spans? table<integer, sidestream.Span[]> by line of the block

---@type table<string, string|false>
local parsers = {}

-- Loads a parser when nothing is being drawn: reading its queries takes longer than a frame may.
---@param name string
local function load_parser(name)
  parsers[name] = false
  vim.schedule(function()
    local filetype = vim.filetype.match({ filename = "code." .. name }) or name
    local language = vim.treesitter.language.get_lang(filetype) or filetype
    local ok, added = pcall(vim.treesitter.language.add, language)
    if ok and added ~= false and vim.treesitter.query.get(language, "highlights") then
      parsers[name] = language
      for buffer in pairs(views.by_buffer) do
        vim.api.nvim__redraw({ buf = buffer, valid = false })
      end
    end
  end)
end

---@param name string as written after the fence
---@return string? language with a parser
local function parser_for(name)
  name = name:lower():match("^[%w_+#-]*")
  if parsers[name] == nil and name ~= "" then
    load_parser(name)
  end
  return parsers[name] or nil
end

---@param lines string[]
---@param language string
---@param first integer line of the block that the code begins at
---@return table<integer, sidestream.Span[]>
local function code_spans(lines, language, first)
  local spans = {}
  for index, line in ipairs(lines) do
    lines[index] = line:sub(1, CODE_WIDTH)
  end
  local code = table.concat(lines, "\n")
  local ok, parser = pcall(vim.treesitter.get_string_parser, code, language, { injections = { [language] = "" } })
  local query = vim.treesitter.query.get(language, "highlights")
  if not ok or not query then
    return spans
  end
  local tree = (parser:parse() or {})[1]
  if not tree then
    return spans
  end
  for id, node in query:iter_captures(tree:root(), code) do
    local name = query.captures[id]
    if name:sub(1, 1) ~= "_" and name ~= "spell" and name ~= "nospell" then
      local start_row, start_col, end_row, end_col = node:range()
      for row = start_row, math.min(end_row, #lines - 1) do
        local from = row == start_row and start_col or 0
        local to = row == end_row and end_col or #lines[row + 1]
        spans[first + row] = spans[first + row] or {}
        table.insert(spans[first + row], { from, to, "@" .. name .. "." .. language })
      end
    end
  end
  return spans
end

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
        if markdown.closes_fence(line) then
          open.last = at
        end
      else
        local language = markdown.fence(line)
        if language then
          table.insert(known.list, { first = at, language = language })
        end
      end
    end
    known.seen = complete
  end
  return known.list
end

---@param view sidestream.View
---@param block sidestream.Block
---@param top integer
---@param fence sidestream.Fence
local function draw_code(view, block, top, fence)
  local stop = fence.last or block.lines - 1
  if fence.drawn == stop then
    return
  end
  local language = parser_for(fence.language)
  if not language then
    return
  end
  fence.drawn = stop
  local start = math.max(fence.first + 1, stop - CODE_LINES)
  local lines = vim.api.nvim_buf_get_lines(view.buffer, top + start, top + stop, false)
  local spans = code_spans(lines, language, start)
  for line, known in pairs(fence.spans or {}) do
    if line < start then
      spans[line] = known
    end
  end
  fence.spans = spans
end

--- Lines ----------------------------------------------------------------------

---@class sidestream.Painted one window's redraw
---@field view sidestream.View
---@field rows table<integer, { [1]: sidestream.Block, [2]: integer }> block, and its first row

---@type sidestream.Painted?
local painted

---@param fence? sidestream.Fence
---@param buffer integer
---@param row integer
---@param at integer
---@param line string
local function paint_text(fence, buffer, row, at, line)
  if fence then
    paint_line(buffer, row, "SidestreamCode")
    if at == fence.first or at == fence.last then
      paint(buffer, row, 0, #line, "SidestreamMark")
    end
    for _, span in ipairs(fence.spans and fence.spans[at] or {}) do
      paint(buffer, row, span[1], span[2], span[3])
    end
    return
  end
  for _, span in ipairs(markdown.spans(line)) do
    paint(buffer, row, span[1], span[2], span[3], span.conceal)
  end
end

---@param buffer integer
---@param row integer
---@param line string
local function paint_diff(buffer, row, line)
  local first = line:sub(3, 3)
  if first == "+" then
    paint(buffer, row, 0, #line, "SidestreamAdded")
  elseif first == "-" then
    paint(buffer, row, 0, #line, "SidestreamRemoved")
  elseif first == "@" then
    paint(buffer, row, 0, #line, "SidestreamHunk")
  end
end

local FIRST = {
  user = "SidestreamUser",
  assistant = "SidestreamAssistant",
  tool = "SidestreamTool",
  diff = "SidestreamTool",
  reasoning = "SidestreamReasoning",
  note = "SidestreamDim",
  error = "SidestreamError",
  attachment = "SidestreamLink",
  permission = "SidestreamAsk",
  question = "SidestreamAsk",
}
local BELOW = { tool = "SidestreamDim", reasoning = "SidestreamReasoning", error = "SidestreamError" }

---@param buffer integer
---@param row integer
local function on_line(_, _, buffer, row)
  local place = painted and painted.rows[row]
  if not place then
    return
  end
  local block, top = place[1], place[2]
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
  local at = row - top
  local kind = block.shape.kind
  if kind == "text" then
    local inside
    for _, fence in ipairs(block.fences and block.fences.list or {}) do
      if at >= fence.first and at <= (fence.last or math.huge) then
        inside = fence
      end
    end
    return paint_text(inside, buffer, row, at, line)
  end
  local first = at == (block.gap and 1 or 0)
  if first then
    if FIRST[kind] then
      paint(buffer, row, 0, #line, FIRST[kind])
    end
  elseif kind == "diff" or kind == "permission" then
    paint_diff(buffer, row, line)
    if kind == "permission" and line:find("^  %S+ %l") then
      paint(buffer, row, 0, #line, "SidestreamHint")
    end
  elseif kind == "question" and row == top + block.lines - 1 then
    paint(buffer, row, 0, #line, "SidestreamHint")
  elseif BELOW[kind] then
    paint(buffer, row, 0, #line, BELOW[kind])
  end
end

---@param buffer integer
---@param top integer
---@param bottom integer
local function on_win(_, _, buffer, top, bottom)
  local view = views.by_buffer[buffer]
  painted = nil
  if not view then
    return false
  end
  painted = { view = view, rows = {} }
  local row = top
  while row <= bottom do
    local section = view:section_at(row)
    if not section then
      break
    end
    local first = view:first_row(section)
    for _, block in ipairs(section.blocks) do
      local after = first + block.lines
      if after > row and block.lines > 0 and first <= bottom then
        for line = math.max(first, row), math.min(after - 1, bottom) do
          painted.rows[line] = { block, first }
        end
        if block.shape.kind == "text" then
          for _, fence in ipairs(fences(view, block, first)) do
            if first + fence.first <= bottom and first + (fence.last or block.lines) >= top then
              draw_code(view, block, first, fence)
            end
          end
        end
      end
      first = after
    end
    row = math.max(first, row + 1)
  end
end

function M.enable()
  M.define_groups()
  vim.api.nvim_create_autocmd("ColorScheme", {
    group = vim.api.nvim_create_augroup("sidestream.colours", {}),
    callback = M.define_groups,
  })
  vim.api.nvim_set_decoration_provider(namespace, { on_win = on_win, on_line = on_line })
end

return M
