-- How a view's sections get into its buffer: whole when they are new, line by line when they changed,
-- byte by byte when text was appended. Cursors stay, except those that follow the end.

local beside = require("sidestream.view.beside")
local sanitize = require("sidestream.view.sanitize")

---@class sidestream.Writer
---@field buffer integer
---@field sections sidestream.Section[]
---@field tail sidestream.Section
---@field editing? boolean
local Writer = {}

--- Marks at the first lines of sections.
Writer.SECTIONS = vim.api.nvim_create_namespace("sidestream.sections")

---@param section sidestream.Section
---@return integer row from 0
function Writer:row(section)
  return vim.api.nvim_buf_get_extmark_by_id(self.buffer, Writer.SECTIONS, section.mark, {})[1]
end

--- Where its blocks begin: the tail's blank line is no block.
---@param section sidestream.Section
---@return integer row from 0
function Writer:first_row(section)
  return self:row(section) + (section == self.tail and 1 or 0)
end

---@param window integer
---@param last integer
local function follow(window, last)
  if vim.api.nvim_win_get_cursor(window)[1] ~= last then
    vim.api.nvim_win_set_cursor(window, { last, 0 })
  end
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
  if not shape or not before or before.kind == "separator" then
    return false
  end
  local heading = before.kind == "user" or before.kind == "assistant"
  local prose = shape.kind == "text" or before.kind == "text"
  local asks = shape.kind == "permission" or shape.kind == "question"
  local long = #before.lines > 1 and before.kind ~= "reasoning"
  return not heading and (prose or asks or long)
end

---@param block sidestream.Block
---@param shape? sidestream.Shape
---@param before? sidestream.Shape
---@param keep? boolean the block's memory of its lines is still needed
---@return string[]
local function lines_of(block, shape, before, keep)
  block.shape, block.dirty, block.pending, block.kept, block.fences = shape, false, nil, nil, nil
  local lines = shape and shape.lines or {}
  block.gap = #lines > 0 and wants_gap(shape, before)
  if block.gap then
    lines = vim.list_extend({ "" }, lines)
  end
  block.width = #(lines[#lines] or "")
  if not keep then
    block.lines = #lines
  end
  return lines
end

--- Runs a function that changes the buffer. Windows whose cursor is on the last line follow the end.
---@param change fun()
function Writer:edit(change)
  if self.editing then
    return change()
  end
  local last = vim.api.nvim_buf_line_count(self.buffer)
  local followers = {}
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    if vim.api.nvim_win_get_cursor(window)[1] >= last then
      table.insert(followers, window)
    end
  end
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
  vim.api.nvim_buf_clear_namespace(self.buffer, Writer.SECTIONS, 0, row)
  vim.api.nvim_buf_set_lines(self.buffer, 0, row, false, {})
end

--- Puts a section that is not in the buffer yet at a row.
---@param section sidestream.Section
---@param row integer
---@return integer row after it
function Writer:insert(section, row)
  local lines, places = {}, {}
  local before
  for _, block in ipairs(section.blocks) do
    local shape = block.draw(block)
    local drawn = lines_of(block, shape, before)
    if #drawn > 0 then
      table.insert(places, { block, row + #lines })
      vim.list_extend(lines, drawn)
      before = shape
    end
  end
  vim.api.nvim_buf_set_lines(self.buffer, row, row, false, lines)
  section.mark = vim.api.nvim_buf_set_extmark(self.buffer, Writer.SECTIONS, row, 0, {})
  for _, place in ipairs(places) do
    beside.decorate(self, section, place[1], place[2])
  end
  section.dirty = false
  return row + #lines
end

--- Brings a section's lines up to date.
---@param section sidestream.Section
---@param row integer
function Writer:write(section, row)
  local before, left = nil, {}
  for _, block in ipairs(section.blocks) do
    local had_gap = block.gap
    if block.gone then
      self:replace(block, row, {})
      beside.undecorate(self, block)
    else
      table.insert(left, block)
      if block.dirty or (block.lines > 0 and had_gap ~= wants_gap(block.shape, before)) then
        local shape = block.draw(block)
        local lines = lines_of(block, shape, before, true)
        self:replace(block, row, lines)
        beside.decorate(self, section, block, row)
      elseif block.pending then
        self:append(block, row)
      end
      before = block.lines > 0 and block.shape or before
      row = row + block.lines
    end
  end
  section.blocks = left
  section.dirty = false
end

---@param section sidestream.Section
function Writer:erase(section)
  for index, other in ipairs(self.sections) do
    if other == section then
      table.remove(self.sections, index)
      break
    end
  end
  if section.mark then
    local count = 0
    for _, block in ipairs(section.blocks) do
      count = count + block.lines
      beside.undecorate(self, block)
    end
    local row = self:row(section)
    vim.api.nvim_buf_del_extmark(self.buffer, Writer.SECTIONS, section.mark)
    vim.api.nvim_buf_set_lines(self.buffer, row, row + count, false, {})
  end
end

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
  local text, kept = sanitize.piece((block.kept or "") .. table.concat(block.pending))
  block.pending, block.kept = nil, kept
  if text == "" then
    return
  end
  local lines = vim.split(text, "\n", { plain = true })
  for index = 2, #lines do
    lines[index] = block.shape.indent .. lines[index]
  end
  local last = row + block.lines - 1
  vim.api.nvim_buf_set_text(self.buffer, last, block.width, last, block.width, lines)
  block.width = #lines == 1 and block.width + #lines[1] or #lines[#lines]
  block.lines = block.lines + #lines - 1
end

return Writer
