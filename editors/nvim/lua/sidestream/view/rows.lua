-- Where things are in a session's buffer, and what is at a place. Sections have marks, which Neovim moves with
-- the text; so asking takes no longer in a long buffer.

---@class sidestream.Rows
---@field buffer integer
---@field sections sidestream.Section[]
---@field tail sidestream.Section
---@field lost table<integer, sidestream.Place> by window: what was read in it before all was drawn anew
---@field left? sidestream.Place what was read when it was shown last
local Rows = {}

---@alias sidestream.Place { key: string, below: integer }

--- Marks at the first lines of sections.
Rows.SECTIONS = vim.api.nvim_create_namespace("sidestream.sections")

--- Where a section begins: with a blank line, which has the mark and is no block.
---@param section sidestream.Section
---@return integer row from 0
function Rows:row(section)
  return vim.api.nvim_buf_get_extmark_by_id(self.buffer, Rows.SECTIONS, section.mark --[[@as integer]], {})[1]
end

---@param section sidestream.Section
---@param row integer
function Rows:mark(section, row)
  section.mark = vim.api.nvim_buf_set_extmark(self.buffer, Rows.SECTIONS, row, 0, {})
end

---@param row integer from 0
---@return sidestream.Section?
function Rows:section_at(row)
  -- Asked for the nearest mark above, Neovim looks at all of them.
  local first, beyond = 0, #self.sections + 1
  while beyond - first > 1 do
    local middle = math.floor((first + beyond) / 2)
    local section = self.sections[middle]
    local is_above = section.mark and self:row(section) <= row
    first, beyond = is_above and middle or first, is_above and beyond or middle
  end
  return row >= self:row(self.tail) and self.tail or self.sections[first]
end

--- The block that a line belongs to, and the row of its first line.
---@param row integer from 0
---@return sidestream.Block?, integer?
function Rows:block_at(row)
  local section = self:section_at(row)
  local first = section and self:row(section) + 1 or 0
  for _, block in ipairs(section and section.blocks or {}) do
    if row < first + block.lines then
      return row >= first and block or nil, first
    end
    first = first + block.lines
  end
end

-- What a window's cursor is on: a section, and how far below its beginning. At the end it is on nothing.
---@param window integer
---@return sidestream.Place?
function Rows:place_of(window)
  local row = vim.api.nvim_win_get_cursor(window)[1]
  local section = row < vim.api.nvim_buf_line_count(self.buffer) and self:section_at(row - 1)
  return section and { key = section.key, below = row - self:row(section) } or nil
end

--- Takes a window that shows it again to where it was: a reader to the same line, all others to the end.
---@param window integer
---@param place? sidestream.Place
---@return boolean whether that is there
function Rows:go(window, place)
  local section = place
    and vim.iter(self.sections):find(function(other)
      return other.key == place.key and other.mark
    end)
  local last = vim.api.nvim_buf_line_count(self.buffer)
  local line = place and section and self:row(section) + place.below or last
  vim.api.nvim_win_set_cursor(window, { math.min(line, last), 0 })
  return section ~= nil
end

return Rows
