-- The buffer of one session. Keeps its lines equal to what the transcript says, and touches only those
-- that differ: an append adds its own text, whatever stands before it.
--
-- The buffer is a list of sections, one for each speaker's turn, and a last one, the tail, for what waits: see
-- section.lua. rows.lua knows where they are, write.lua gets them there.

local config = require("sidestream.config")
local parts = require("sidestream.view.parts")
local sections = require("sidestream.view.section")
local tail = require("sidestream.view.tail")
local turns = require("sidestream.view.turns")
local write = require("sidestream.view.write")

local M = {}

-- Milliseconds between two writes: the eye does not see more, and each one makes Neovim redraw.
local PACE = 40

---@class sidestream.View: sidestream.Writer, sidestream.TranscriptView
---@field session_id? string
---@field home table<string, sidestream.Section> message id -> section
---@field open table<string, boolean> by part: opened or closed
---@field dirty sidestream.Section[] to be written, the first that changed first
---@field last_flush integer
---@field scheduled? boolean
local View = setmetatable({}, { __index = write }) --[[@as sidestream.View]]
View.__index = View

---@type table<integer, sidestream.View>
M.by_buffer = {}

---@param buffer integer
---@return sidestream.View
function M.new(buffer)
  local view = setmetatable({
    buffer = buffer,
    sections = {},
    home = {},
    open = {},
    live = {},
    dirty = {},
    lost = {},
    last_flush = 0,
  }, View) --[[@as sidestream.View]]
  M.by_buffer[buffer] = view
  view.tail = sections.new("tail", function()
    return tail.contents(view.session_id)
  end)
  view:mark(view.tail, 0)
  return view
end

---@return boolean
function View:is_valid()
  return vim.api.nvim_buf_is_loaded(self.buffer)
end

---@return boolean
function View:is_visible()
  return self:is_valid() and #vim.fn.win_findbuf(self.buffer) > 0
end

function View:forget()
  M.by_buffer[self.buffer] = nil
  self.live = {}
end

--- Contents ------------------------------------------------------------------

-- How much of a part is to be seen.
---@param part sidestream.Part
---@return sidestream.Look
function View:look(part)
  local panel = config.get().panel
  local open = self.open[part.id]
  if open == nil then
    open = panel.expand[part.type == "tool" and part.kind or part.type] or false
  end
  return { open = open, diff_lines = self.open[part.id] and 2000 or panel.diff_lines }
end

-- A prompt whose turn has not come: another one's answer is being written.
---@param section sidestream.Section
---@return boolean
function View:waits(section)
  local before = self.sections[#self.sections - 1]
  local last = before and before.messages[#before.messages]
  return self.sections[#self.sections] == section and last ~= nil and last.status == "streaming"
end

-- What a speaker said in a turn.
---@param section sidestream.Section
---@return sidestream.Content[]
function View:contents(section)
  local function draw_header()
    return turns.header(section.messages, self:waits(section))
  end
  local function draw_part(block)
    return parts.shape(block.part, self:look(block.part))
  end
  local function draw_ending(block)
    return turns.ending(block.message)
  end
  local contents = { { id = "header", version = {}, draw = draw_header } }
  for _, message in ipairs(section.messages) do
    for _, part in ipairs(message.parts) do
      table.insert(contents, { id = part.id, version = part, draw = draw_part, message = message, part = part })
    end
    local id = "end:" .. message.id
    table.insert(contents, { id = id, version = message.status, draw = draw_ending, message = message })
  end
  return contents
end

-- Gives a message its place at the end of a list of sections.
---@param list sidestream.Section[]
---@param message sidestream.Message
---@return sidestream.Section
function View:place(list, message)
  local key = sections.key(message)
  local section = list[#list]
  if not section or section.key ~= key then
    section = sections.new(key, function()
      return self:contents(self.home[message.id])
    end)
    table.insert(list, section)
  end
  table.insert(section.messages, message)
  self.home[message.id] = section
  return section
end

--- What the transcript tells ---------------------------------------------------

---@param messages sidestream.Message[]
function View:reset(messages)
  if not self:is_valid() then
    return
  end
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    self.lost[window] = self:place_of(window)
  end
  self.sections, self.home, self.live, self.dirty = {}, {}, {}, {}
  self.tail.dirty = false
  self:edit(function()
    self:clear()
    vim.iter(messages):each(function(message)
      self:message_changed(message)
    end)
    self:tail_changed()
    self:flush()
  end)
  self:find_lost()
end

-- Readers go back to where they were, as soon as it is there.
function View:find_lost()
  for window, place in pairs(self.lost) do
    local is_here = vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window) == self.buffer
    if not is_here or self:go(window, place) then
      self.lost[window] = nil
    end
  end
end

---@param messages sidestream.Message[]
function View:prepend(messages)
  if not self:is_valid() or #messages == 0 then
    return
  end
  local older = {} ---@type sidestream.Section[]
  for _, message in ipairs(messages) do
    self:place(older, message)
  end
  local first, last = self.sections[1], older[#older]
  if first and first.key == last.key then
    -- A turn that the pages cut in two is one section again.
    table.remove(older)
    for _, message in ipairs(last.messages) do
      self.home[message.id] = first
    end
    first.messages = vim.iter({ last.messages, first.messages }):flatten():totable()
    self:touch(first)
  end
  self:edit(function()
    local row = 0
    for index, section in ipairs(older) do
      table.insert(self.sections, index, section)
      row = self:insert(section, row)
    end
    self:flush()
  end)
  self:find_lost()
end

--- A message is new, or something about it or its parts is different.
---@param message sidestream.Message
function View:message_changed(message)
  local section = self.home[message.id]
  if not section then
    -- Whether the prompt before it waits may be different now.
    self:touch(self.sections[#self.sections])
    section = self:place(self.sections, message)
  end
  self:touch(section)
end

---@param message sidestream.Message
---@param part sidestream.Part
---@param field string
---@param text string
function View:part_appended(message, part, field, text)
  local section = self.home[message.id]
  local block = section and sections.find(section, part.id)
  -- What is to be drawn anyway is drawn with all of its text.
  if not section or not block then
    return
  elseif block.shape and block.shape.grows == field and not block.dirty then
    block.pending = block.pending or {}
    table.insert(block.pending, text)
  else
    block.dirty = true
  end
  self:schedule(section)
end

--- What waits, and the session's own state, are drawn anew.
function View:tail_changed()
  self:touch(self.tail)
end

--- All tails are drawn anew, as when an answer has been chosen.
function M.tails_changed()
  for _, view in pairs(M.by_buffer) do
    view:tail_changed()
  end
end

--- Folds -----------------------------------------------------------------------

---@alias sidestream.Fold "open"|"close"|"toggle"

--- Shows or hides what a block has below its first line.
---@param block sidestream.Block
---@param fold sidestream.Fold
function View:fold(block, fold)
  local part = block.part
  if block.message and part and part.type ~= "text" then
    local open = fold == "open" or (fold == "toggle" and not self:look(part).open)
    block.dirty = block.dirty or self.open[part.id] ~= open
    self.open[part.id] = open
    self:schedule(self.home[block.message.id])
  end
end

--- Shows or hides what all blocks have below their first lines.
---@param fold sidestream.Fold
function View:fold_all(fold)
  for _, section in ipairs(self.sections) do
    for _, block in ipairs(section.blocks) do
      self:fold(block, fold)
    end
  end
end

--- Writing -------------------------------------------------------------------

-- What a section is to show has changed.
---@param section? sidestream.Section
function View:touch(section)
  if section then
    section.stale = true
    self:schedule(section)
  end
end

-- Has a section written soon. The first change is written at once, then all of a while together.
---@param section sidestream.Section
function View:schedule(section)
  if not section.dirty then
    section.dirty = true
    table.insert(self.dirty, section)
  end
  if not self.scheduled then
    self.scheduled = true
    vim.defer_fn(function()
      self.scheduled = false
      self:flush()
    end, math.max(0, self.last_flush + PACE - vim.uv.now()))
  end
end

--- Makes the buffer what it is to be.
function View:flush()
  local dirty = self.dirty
  if not self:is_valid() or #dirty == 0 then
    return
  end
  self.dirty, self.last_flush = {}, vim.uv.now()
  for _, section in ipairs(dirty) do
    section.dirty = false
  end
  self:edit(function()
    for _, section in ipairs(dirty) do
      if section.mark then
        self:write(section)
      else
        self:insert(section, self:row(self.tail))
      end
    end
  end)
end

return M
