-- The buffer of one session. Keeps its lines equal to what the transcript says, and touches only those
-- that differ: an append adds its own text, whatever stands before it.
--
-- The buffer is a list of sections, one for each speaker's turn, and a last one, the tail, for what waits.
-- Each has a mark at its first line, which is blank and never rewritten, so that Neovim itself keeps
-- count of lines when text comes above. A section is a list of blocks; lines of a block are found by adding up
-- those before it in its section. Nothing here depends on how long the buffer is.

local config = require("sidestream.config")
local beside = require("sidestream.view.beside")
local format = require("sidestream.view.format")
local state = require("sidestream.state")
local write = require("sidestream.view.write")

local M = {}

-- Milliseconds between two writes: the eye does not see more, and each one makes Neovim redraw.
local PACE = 33

---@class sidestream.Place
---@field window integer
---@field key string the section's
---@field offset integer lines below its first

---@class sidestream.Block
---@field id string
---@field lines integer how many lines of the buffer it has now
---@field shape? sidestream.Shape as it was drawn
---@field width integer bytes in its last line
---@field gap boolean a blank line comes first
---@field draw fun(block: sidestream.Block): sidestream.Shape?
---@field message? sidestream.Message
---@field part? sidestream.Part
---@field item? table the permission or question
---@field dirty? boolean it is to be drawn anew
---@field gone? boolean it is to be removed
---@field pending? string[] text to be added
---@field kept? string the end of a piece that may be half of something
---@field icon_mark? integer
---@field beside_mark? integer
---@field fences? table highlight.lua's memory

---@class sidestream.Section
---@field key string
---@field mark? integer absent until its lines are in the buffer
---@field blocks sidestream.Block[]
---@field messages sidestream.Message[]
---@field dirty? boolean it is in the view's list of those to be written

---@class sidestream.View: sidestream.Writer, sidestream.TranscriptView
---@field buffer integer
---@field session_id? string
---@field sections sidestream.Section[]
---@field tail sidestream.Section
---@field home table<string, sidestream.Section> message id -> section
---@field open table<string, boolean> by part: opened or closed
---@field answers table<string, sidestream.Answer> what is chosen so far, by question
---@field dirty sidestream.Section[] the first that changed first
---@field live table<sidestream.Block, sidestream.Section> blocks whose icon turns
---@field lost_places sidestream.Place[] of windows, from before everything was drawn anew
---@field last_flush integer
---@field scheduled? boolean
---@field tail_dirty? boolean
---@field spinning? boolean
local View = setmetatable({}, { __index = write }) --[[@as sidestream.View]]
View.__index = View

---@type table<integer, sidestream.View>
M.by_buffer = {}

---@param id string
---@param draw fun(block: sidestream.Block): sidestream.Shape?
---@return sidestream.Block
local function new_block(id, draw)
  return { id = id, draw = draw, lines = 0, width = 0, gap = false, dirty = true }
end

---@param message sidestream.Message
---@return string
local function section_key(message)
  if message.role == "user" then
    return message.id
  end
  return table.concat({ "answer", message.parentId or message.id, message.agent or "" }, " ")
end

---@param buffer integer
---@return sidestream.View
function M.new(buffer)
  local view = setmetatable({
    buffer = buffer,
    sections = {},
    home = {},
    open = {},
    answers = {},
    live = {},
    dirty = {},
    lost_places = {},
    last_flush = 0,
  }, View)
  M.by_buffer[buffer] = view
  view.tail = { key = "tail", blocks = {}, messages = {} }
  view.tail.mark = vim.api.nvim_buf_set_extmark(buffer, write.SECTIONS, 0, 0, {})
  return view
end

---@return boolean
function View:is_valid()
  return vim.api.nvim_buf_is_valid(self.buffer)
end

---@return boolean
function View:is_visible()
  return self:is_valid() and #vim.fn.win_findbuf(self.buffer) > 0
end

---@param section sidestream.Section
function View:touch(section)
  if not section.dirty then
    section.dirty = true
    table.insert(self.dirty, section)
  end
end

-- How much of a part is to be seen.
---@param part sidestream.Part
---@return sidestream.Look
function View:look(part)
  local panel = config.get().panel
  local opened = self.open[part.id]
  local kind = part.type == "tool" and part.kind or part.type
  local open = opened
  if open == nil then
    open = panel.expand[kind] or false
  end
  return { open = open, diff_lines = opened and 2000 or panel.diff_lines }
end

--- Blocks --------------------------------------------------------------------

---@param message sidestream.Message
---@param part sidestream.Part
---@return sidestream.Block
function View:part_block(message, part)
  local block = new_block(part.id, function(it)
    return format.part(it.part, self:look(it.part))
  end)
  block.message, block.part = message, part
  return block
end

---@param section sidestream.Section
---@param message sidestream.Message
function View:add_message(section, message)
  table.insert(section.messages, message)
  self.home[message.id] = section
  for _, part in ipairs(message.parts) do
    table.insert(section.blocks, self:part_block(message, part))
  end
  local ending = new_block("end:" .. message.id, function(block)
    return format.ending(block.message)
  end)
  ending.message = message
  table.insert(section.blocks, ending)
end

---@param message sidestream.Message
---@return sidestream.Section
function View:new_section(message)
  local section = { key = section_key(message), blocks = {}, messages = {} }
  local separator = new_block("separator", function()
    return { kind = "separator", lines = { "" } }
  end)
  local header = new_block("header", function()
    return format.header(section.messages, self:waits(section))
  end)
  header.message = message
  section.blocks = { separator, header }
  self:add_message(section, message)
  return section
end

-- A prompt whose turn has not come: another one's answer is being written.
---@param section sidestream.Section
---@return boolean
function View:waits(section)
  if section.messages[1].role ~= "user" or self.sections[#self.sections] ~= section then
    return false
  end
  local before = self.sections[#self.sections - 1]
  local last = before and before.messages[#before.messages]
  return last ~= nil and last.role == "assistant" and last.status == "streaming"
end

---@param section sidestream.Section
---@param id string
---@return sidestream.Block?, integer?
local function find_block(section, id)
  for index = #section.blocks, 1, -1 do
    if section.blocks[index].id == id then
      return section.blocks[index], index
    end
  end
end

--- What the transcript tells ---------------------------------------------------

---@param messages sidestream.Message[]
function View:reset(messages)
  if not self:is_valid() then
    return
  end
  local places = self:places()
  self.sections, self.home, self.live, self.dirty = {}, {}, {}, {}
  self.tail.dirty = false
  self:edit(function()
    self:clear()
    for _, message in ipairs(messages) do
      self:message_changed(message, true)
    end
    self:tail_changed()
    self:flush()
  end)
  self.lost_places = places
  self:find_places()
end

---@param messages sidestream.Message[]
function View:prepend(messages)
  if not self:is_valid() or #messages == 0 then
    return
  end
  self:flush()
  local first = self.sections[1]
  local older = {} ---@type sidestream.Section[]
  for _, message in ipairs(messages) do
    local last = older[#older]
    if last and last.key == section_key(message) then
      self:add_message(last, message)
    else
      table.insert(older, self:new_section(message))
    end
  end
  -- A turn that the pages cut in two is one section again.
  local joined = first and older[#older].key == first.key
  if joined then
    for _, message in ipairs(first.messages) do
      self:add_message(older[#older], message)
    end
  end
  self:edit(function()
    local row = 0
    if joined then
      self:erase(first)
    end
    for index, section in ipairs(older) do
      table.insert(self.sections, index, section)
    end
    for _, section in ipairs(older) do
      row = self:insert(section, row)
    end
  end)
  self:find_places()
end

---@param message sidestream.Message
---@param is_new boolean
function View:message_changed(message, is_new)
  local section = self.home[message.id]
  if is_new and not section then
    local last = self.sections[#self.sections]
    if last then
      -- Whether its prompt waits may be different now.
      last.blocks[2].dirty = true
      self:touch(last)
    end
    if last and last.key == section_key(message) then
      section = last
      self:add_message(section, message)
    else
      section = self:new_section(message)
      table.insert(self.sections, section)
    end
  end
  if section then
    for _, id in ipairs({ "header", "end:" .. message.id }) do
      local block = find_block(section, id)
      if block then
        block.dirty = true
      end
    end
    self:touch(section)
    self:schedule()
  end
end

---@param message sidestream.Message
function View:message_removed(message)
  local section = self.home[message.id]
  if not section then
    return
  end
  self.home[message.id] = nil
  section.messages = vim.tbl_filter(function(other)
    return other.id ~= message.id
  end, section.messages)
  for _, block in ipairs(section.blocks) do
    if block.message == message and block.id ~= "header" then
      block.gone = true
    end
  end
  self:touch(section)
  self:schedule()
end

---@param message sidestream.Message
---@param part sidestream.Part
---@param before? string the part that a new one stands before
function View:part_changed(message, part, before)
  local section = self.home[message.id]
  if not section then
    return
  end
  local block = find_block(section, part.id)
  if block then
    block.part = part
  else
    local _, following = find_block(section, before or "")
    local _, ending = find_block(section, "end:" .. message.id)
    block = self:part_block(message, part)
    table.insert(section.blocks, following or ending or #section.blocks + 1, block)
  end
  block.dirty, block.pending = true, nil
  self:touch(section)
  self:schedule()
end

---@param message sidestream.Message
---@param part sidestream.Part
---@param field string
---@param text string
function View:part_appended(message, part, field, text)
  local section = self.home[message.id]
  local block = section and find_block(section, part.id)
  if not section or not block then
    return
  end
  if block.shape and block.shape.grows == field and not block.dirty then
    block.pending = block.pending or {}
    table.insert(block.pending, text)
  else
    block.dirty = true
  end
  self:touch(section)
  self:schedule()
end

---@param message sidestream.Message
---@param part sidestream.Part
function View:part_removed(message, part)
  local section = self.home[message.id]
  local block = section and find_block(section, part.id)
  if section and block then
    block.gone = true
    self:touch(section)
    self:schedule()
  end
end

--- What waits, and the session's own state, are drawn anew.
function View:tail_changed()
  self.tail_dirty = true
  self:schedule()
end

--- Shows or hides what a block has below its first line.
---@param block sidestream.Block
function View:toggle(block)
  local part = block.part
  if part then
    self.open[part.id] = not self:look(part).open
    self:part_changed(block.message, part)
    self:flush()
  end
end

--- Shows or hides what all blocks have below their first lines.
---@param open boolean
function View:toggle_all(open)
  for _, section in ipairs(self.sections) do
    for _, block in ipairs(section.blocks) do
      if block.part and block.part.type ~= "text" then
        self.open[block.part.id] = open
        block.dirty = true
        self:touch(section)
      end
    end
  end
  self:flush()
end

--- Writing -------------------------------------------------------------------

--- Changes are gathered: the first is written at once, then all of a while together.
function View:schedule()
  if self.scheduled then
    return
  end
  self.scheduled = true
  local wait = math.max(0, self.last_flush + PACE - vim.uv.now())
  vim.defer_fn(function()
    self.scheduled = false
    self:flush()
  end, wait)
end

-- The tail's blocks: what waits for the user here or below, and what the session has to say.
function View:compose_tail()
  self.tail_dirty = false
  local permissions, questions = {}, {}
  if self.session_id then
    permissions, questions = state.waiting_in(self.session_id)
  end
  local keys = config.get().keymaps.panel
  local wanted = {}
  local function want(id, item, draw)
    local block = find_block(self.tail, id) or new_block(id, draw)
    block.item, block.dirty, block.draw = item, true, draw
    table.insert(wanted, block)
  end
  want("status", nil, function()
    return format.status(state.sessions[self.session_id])
  end)
  local look = { open = true, diff_lines = config.get().panel.diff_lines }
  for _, permission in ipairs(permissions) do
    want(permission.id, permission, function()
      return format.permission(permission, look, keys)
    end)
  end
  for _, question in ipairs(questions) do
    self.answers[question.id] = self.answers[question.id] or { index = 1, chosen = {} }
    want(question.id, question, function()
      return format.question(question, self.answers[question.id], keys)
    end)
  end
  for _, block in ipairs(self.tail.blocks) do
    if not vim.tbl_contains(wanted, block) then
      block.gone = true
      table.insert(wanted, block)
    end
  end
  self.tail.blocks = wanted
  self:touch(self.tail)
end

--- Makes the buffer what it is to be.
function View:flush()
  if not self:is_valid() then
    return
  end
  if self.tail_dirty then
    self:compose_tail()
  end
  self.last_flush = vim.uv.now()
  local dirty = self.dirty
  if #dirty == 0 then
    return
  end
  self.dirty = {}
  self:edit(function()
    for _, section in ipairs(dirty) do
      if section == self.tail then
        -- The blank line with the tail's mark stays.
        self:write(section, self:row(section) + 1)
      elseif #section.messages == 0 then
        self:erase(section)
      elseif section.mark then
        self:write(section, self:row(section))
      else
        self:insert(section, self:row(self.tail))
      end
    end
  end)
  beside.spin(self)
end

--- Finding ---------------------------------------------------------------------

-- Sections in the buffer are in order, and asking for one's row takes no longer in a long buffer.
---@param row integer from 0
---@return sidestream.Section?
function View:section_at(row)
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

--- The block that a line belongs to, and which of its lines that is, from 0.
---@param row integer from 0
---@return sidestream.Block?, integer?, sidestream.Section?
function View:block_at(row)
  local section = self:section_at(row)
  if not section then
    return nil
  end
  local first = self:first_row(section)
  for _, block in ipairs(section.blocks) do
    if row < first + block.lines then
      return row >= first and block or nil, row - first, section
    end
    first = first + block.lines
  end
end

---@return sidestream.Place[]
function View:places()
  local places = vim.list_slice(self.lost_places)
  local last = vim.api.nvim_buf_line_count(self.buffer)
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    local row = vim.api.nvim_win_get_cursor(window)[1]
    local section = row < last and self:section_at(row - 1)
    if section and section ~= self.tail then
      table.insert(places, { window = window, key = section.key, offset = row - 1 - self:row(section) })
    end
  end
  return places
end

--- Takes windows back to where they were, once those lines are there again.
function View:find_places()
  for index = #self.lost_places, 1, -1 do
    local place = self.lost_places[index]
    for _, section in ipairs(self.sections) do
      if section.key == place.key and section.mark then
        table.remove(self.lost_places, index)
        if vim.api.nvim_win_is_valid(place.window) then
          local line = math.min(self:row(section) + place.offset + 1, vim.api.nvim_buf_line_count(self.buffer))
          vim.api.nvim_win_set_cursor(place.window, { line, 0 })
        end
        break
      end
    end
  end
end

function View:forget()
  M.by_buffer[self.buffer] = nil
  self.live = {}
end

return M
