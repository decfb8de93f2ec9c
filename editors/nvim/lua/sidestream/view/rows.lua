-- Where things are in a session's buffer, and what is at a place. Sections have marks, which Neovim moves with
-- the text; so asking takes no longer in a long buffer.

---@class sidestream.Rows
---@field buffer integer
---@field sections sidestream.Section[]
---@field tail sidestream.Section
---@field lost_places table<integer, integer> window -> lines below its cursor, from before it was drawn anew
local Rows = {}

--- Marks at the first lines of sections.
Rows.SECTIONS = vim.api.nvim_create_namespace("sidestream.sections")

---@param section sidestream.Section
---@return integer row from 0
function Rows:row(section)
  return vim.api.nvim_buf_get_extmark_by_id(self.buffer, Rows.SECTIONS, section.mark --[[@as integer]], {})[1]
end

--- Where its blocks begin: the blank line with the mark is no block.
---@param section sidestream.Section
---@return integer row from 0
function Rows:first_row(section)
  return self:row(section) + 1
end

---@param section sidestream.Section
---@param row integer
function Rows:mark(section, row)
  section.mark = vim.api.nvim_buf_set_extmark(self.buffer, Rows.SECTIONS, row, 0, {})
end

---@param row integer from 0
---@return sidestream.Section?
function Rows:section_at(row)
  if row >= self:row(self.tail) then
    return self.tail
  end
  local first, last = 1, #self.sections
  -- New ones that are not written yet have no row.
  while last > 0 and not self.sections[last].mark do
    last = last - 1
  end
  while first < last do
    local middle = math.ceil((first + last) / 2)
    if self:row(self.sections[middle]) <= row then
      first = middle
    else
      last = middle - 1
    end
  end
  return self.sections[first]
end

--- The block that a line belongs to, and the row of its first line.
---@param row integer from 0
---@return sidestream.Block?, integer?
function Rows:block_at(row)
  local section = self:section_at(row)
  local first = section and self:first_row(section) or 0
  for _, block in ipairs(section and section.blocks or {}) do
    if row < first + block.lines then
      return row >= first and block or nil, first
    end
    first = first + block.lines
  end
end

--- Remembers what windows show, for when it has been drawn anew; those at the end follow it anyway.
function Rows:lose_places()
  local last = vim.api.nvim_buf_line_count(self.buffer)
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    self.lost_places[window] = last - vim.api.nvim_win_get_cursor(window)[1]
  end
end

--- Takes windows back to where they were, once there are as many lines below.
function Rows:find_places()
  local last = vim.api.nvim_buf_line_count(self.buffer)
  for window, below in pairs(self.lost_places) do
    if below < last then
      self.lost_places[window] = nil
      if below > 0 and vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window) == self.buffer then
        vim.api.nvim_win_set_cursor(window, { last - below, 0 })
      end
    end
  end
end

return Rows
