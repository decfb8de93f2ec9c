-- How a view's sections get into its buffer: line by line where they changed, byte by byte where text was
-- appended. Cursors stay, except those that follow the end.

local beside = require("sidestream.view.beside")
local rows = require("sidestream.view.rows")
local sanitize = require("sidestream.view.sanitize")
local sections = require("sidestream.view.section")
local shapes = require("sidestream.view.shape")

---@class sidestream.Writer: sidestream.Rows, sidestream.Decorated
---@field editing? boolean
local Writer = setmetatable({}, { __index = rows }) --[[@as sidestream.Writer]]

---@param window integer
---@param last integer
local function follow(window, last)
  vim.api.nvim_win_set_cursor(window, { last, 0 })
  -- Further than a screen, Neovim would put the end into the middle.
  local height = vim.api.nvim_win_get_height(window)
  local info = vim.fn.getwininfo(window)[1]
  if info and last - info.botline > height - 2 then
    vim.api.nvim_win_call(window, function()
      vim.fn.winrestview({ lnum = last, col = 0, topline = math.max(1, last - height + 2) })
    end)
  end
end

-- Tools in a row stand close together; all else is set apart.
---@param shape? sidestream.Shape
---@param before? sidestream.Shape
---@return boolean
local function wants_gap(shape, before)
  if not shape or not before or before.kind == "user" or before.kind == "assistant" then
    return false
  end
  local prose = shape.kind == "text" or before.kind == "text"
  local asks = shape.kind == "permission" or shape.kind == "question"
  local long = #before.lines > 1 and before.kind ~= "reasoning"
  return prose or asks or long
end

-- Draws a block anew.
---@param block sidestream.Block
---@param before? sidestream.Shape the one above it
---@return string[]
local function lines_of(block, before)
  local ok, shape = pcall(block.draw, block)
  if not ok then
    -- What cannot be drawn keeps nothing else from being drawn.
    local part = block.part and ("a %s part"):format(block.part.type) or "something"
    shape = shapes.line("note", "⚠", "SidestreamWarning", part .. " in an unexpected shape")
  end
  ---@cast shape sidestream.Shape?
  local lines = shape and shape.lines or {}
  block.shape, block.dirty, block.pending, block.kept, block.fences = shape, false, nil, nil, nil
  block.gap = wants_gap(shape, before)
  if block.gap then
    lines = vim.list_extend({ "" }, lines)
  end
  block.width = #(lines[#lines] or "")
  return lines
end

--- Runs a function that changes the buffer. Windows whose cursor is on the last line follow the end.
---@param change fun()
function Writer:edit(change)
  if self.editing then
    return change()
  end
  local last = vim.api.nvim_buf_line_count(self.buffer)
  local followers = vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_cursor(window)[1] >= last
  end, vim.fn.win_findbuf(self.buffer))
  vim.bo[self.buffer].modifiable = true
  self.editing = true
  local ok, problem = xpcall(change, debug.traceback)
  self.editing = false
  vim.bo[self.buffer].modifiable = false
  vim.bo[self.buffer].modified = false
  last = vim.api.nvim_buf_line_count(self.buffer)
  for _, window in ipairs(followers) do
    follow(window, last)
  end
  if not ok then
    error(problem, 0)
  end
end

--- Removes all sections' lines; the tail stays.
function Writer:clear()
  local row = self:row(self.tail)
  vim.api.nvim_buf_clear_namespace(self.buffer, beside.NAMESPACE, 0, row)
  vim.api.nvim_buf_clear_namespace(self.buffer, rows.SECTIONS, 0, row)
  vim.api.nvim_buf_set_lines(self.buffer, 0, row, false, {})
end

--- Sections --------------------------------------------------------------------

--- Puts a section that is not in the buffer yet at a row, with all of its lines at once.
---@param section sidestream.Section
---@param row integer
---@return integer row after it
function Writer:insert(section, row)
  sections.compose(section)
  local lines, before = { "" }, nil
  for _, block in ipairs(section.blocks) do
    local drawn = lines_of(block, before)
    block.lines = #drawn
    before = block.lines > 0 and block.shape or before
    vim.list_extend(lines, drawn)
  end
  vim.api.nvim_buf_set_lines(self.buffer, row, row, false, lines)
  self:mark(section, row)
  row = row + 1
  for _, block in ipairs(section.blocks) do
    beside.decorate(self, block, row)
    row = row + block.lines
  end
  return row
end

--- Brings a section's lines up to date.
---@param section sidestream.Section
function Writer:write(section)
  if section.stale then
    self:compose(section)
  end
  local row, before = self:row(section) + 1, nil
  for _, block in ipairs(section.blocks) do
    local gap = block.gap
    if block.dirty or (block.lines > 0 and gap ~= wants_gap(block.shape, before)) then
      self:replace(block, row, lines_of(block, before))
      beside.decorate(self, block, row)
    elseif block.pending then
      self:append(block, row)
    end
    before = block.lines > 0 and block.shape or before
    row = row + block.lines
  end
end

-- Lets a section have the blocks that it is to have; those that are gone take their lines along.
---@param section sidestream.Section
function Writer:compose(section)
  local row, before = self:row(section) + 1, section.blocks
  local gone = sections.compose(section)
  for _, block in ipairs(before) do
    if gone[block.id] then
      self:replace(block, row, {})
      beside.undecorate(self, block)
    end
    row = row + block.lines
  end
end

--- Blocks ----------------------------------------------------------------------

-- Replaces a block's lines, and leaves those alone that stay the same.
---@param block sidestream.Block
---@param row integer
---@param lines string[]
function Writer:replace(block, row, lines)
  local old = vim.api.nvim_buf_get_lines(self.buffer, row, row + block.lines, false)
  local top = 0
  while top < #old and top < #lines and old[top + 1] == lines[top + 1] do
    top = top + 1
  end
  local bottom = 0
  while bottom < #old - top and bottom < #lines - top and old[#old - bottom] == lines[#lines - bottom] do
    bottom = bottom + 1
  end
  if top + bottom < #old or top + bottom < #lines then
    local new = vim.list_slice(lines, top + 1, #lines - bottom)
    vim.api.nvim_buf_set_lines(self.buffer, row + top, row + #old - bottom, false, new)
  end
  block.lines = #lines
end

-- Adds what was streamed to the end of a block.
---@param block sidestream.Block
---@param row integer
function Writer:append(block, row)
  local text, kept = sanitize.piece((block.kept or "") .. table.concat(block.pending or {}))
  block.pending, block.kept = nil, kept
  if text == "" then
    return
  end
  local indent, lines = block.shape and block.shape.indent or "", vim.split(text, "\n", { plain = true })
  for index = 2, #lines do
    lines[index] = indent .. lines[index]
  end
  local last = row + block.lines - 1
  vim.api.nvim_buf_set_text(self.buffer, last, block.width, last, block.width, lines)
  block.width = #lines == 1 and block.width + #lines[1] or #lines[#lines]
  block.lines = block.lines + #lines - 1
end

return Writer
