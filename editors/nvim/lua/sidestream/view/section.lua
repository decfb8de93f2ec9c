-- A piece of a session's buffer: a blank line, which is never rewritten and has a mark, so that Neovim itself
-- keeps count of lines when text comes above; and a list of blocks, whose lines are found by adding up those
-- before them.

local M = {}

---@class sidestream.Content what a block is to show
---@field id string
---@field version any the block is drawn anew when this is another
---@field draw fun(block: sidestream.Block): sidestream.Shape?
---@field message? sidestream.Message
---@field part? sidestream.Part
---@field item? table the permission or question

---@class sidestream.Block: sidestream.Content
---@field lines integer how many lines of the buffer it has now
---@field shape? sidestream.Shape as it was drawn
---@field width integer bytes in its last line
---@field gap boolean a blank line comes first
---@field dirty? boolean it is to be drawn anew
---@field pending? string[] text to be added
---@field kept? string the end of a piece that may be half of something
---@field icon_mark? integer
---@field beside_mark? integer
---@field fences? table highlight.lua's memory

---@class sidestream.Section
---@field key string
---@field contents fun(): sidestream.Content[]
---@field mark? integer absent until its lines are in the buffer
---@field blocks sidestream.Block[]
---@field messages sidestream.Message[]
---@field stale boolean its contents are others now
---@field dirty? boolean it is in the view's list of those to be written

--- What one speaker says in one turn stands together.
---@param message sidestream.Message
---@return string
function M.key(message)
  if message.role == "user" then
    return message.id
  end
  return table.concat({ "answer", message.parentId or message.id, message.agent or "" }, " ")
end

---@param key string
---@param contents fun(): sidestream.Content[]
---@return sidestream.Section
function M.new(key, contents)
  return { key = key, contents = contents, blocks = {}, messages = {}, stale = true }
end

---@param section sidestream.Section
---@param id string
---@return sidestream.Block?
function M.find(section, id)
  for index = #section.blocks, 1, -1 do
    if section.blocks[index].id == id then
      return section.blocks[index]
    end
  end
end

--- Makes the blocks those of the contents; what is in the buffer already keeps its block.
---@param section sidestream.Section
---@return table<string, sidestream.Block> gone
function M.compose(section)
  local known, blocks = {}, {}
  for _, block in ipairs(section.blocks) do
    known[block.id] = block
  end
  for _, content in ipairs(section.contents()) do
    local block = known[content.id] or { lines = 0, width = 0, gap = false }
    known[content.id] = nil
    if block.version ~= content.version then
      block.dirty, block.pending = true, nil
    end
    for key, value in pairs(content) do
      block[key] = value
    end
    table.insert(blocks, block)
  end
  section.blocks, section.stale = blocks, false
  return known
end

return M
