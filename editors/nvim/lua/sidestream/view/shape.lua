-- What a piece of the conversation looks like: lines of text and what stands beside them. Shapes are made by
-- parts.lua, turns.lua and asks.lua, which read what the server said and touch no buffer.

local sanitize = require("sidestream.view.sanitize")

local M = {}

---@alias sidestream.Chunk { [1]: string, [2]: string } text and highlight group

---@class sidestream.Shape
---@field kind string what it is, for the eyes: see highlight.lua
---@field lines string[]
---@field icon? sidestream.Chunk drawn over the first two columns
---@field live? boolean the icon turns
---@field beside? sidestream.Chunk[] after the first line
---@field grows? string the field that appended text goes to the end of
---@field indent? string before each line of appended text
---@field hints? integer how many of the last lines name keys

--- One line after an icon.
---@param kind string
---@param icon string
---@param group string the icon's highlight group
---@param text string
---@return sidestream.Shape
function M.line(kind, icon, group, text)
  return { kind = kind, lines = { "  " .. sanitize.line(text) }, icon = { icon .. " ", group } }
end

--- One line after an icon that turns, for what is under way.
---@param text string
---@return sidestream.Shape
function M.running(text)
  local shape = M.line("note", "●", "SidestreamRunning", text)
  shape.live = true
  return shape
end

--- An error, as long as it is.
---@param message string
---@return sidestream.Shape
function M.error(message)
  local lines = {}
  M.add(lines, message, "  ", 20)
  return { kind = "error", lines = lines, icon = { "✗ ", "SidestreamError" } }
end

---@param lines string[]
---@param text string
---@param indent string
---@param limit? integer
function M.add(lines, text, indent, limit)
  local all = text ~= "" and sanitize.lines((text:gsub("\n+$", ""))) or {}
  for index, line in ipairs(all) do
    if limit and index > limit then
      table.insert(lines, ("%s… %d more lines"):format(indent, #all - limit))
      return
    end
    table.insert(lines, indent .. line)
  end
end

--- Text that more may be appended to: it ends where the next piece goes.
---@param lines string[]
---@param text string
---@param indent string
function M.add_growing(lines, text, indent)
  for _, line in ipairs(sanitize.lines(text)) do
    table.insert(lines, indent .. line)
  end
end

--- The hunks of unified diffs, without the lines about the files.
---@param lines string[]
---@param diffs sidestream.FileDiff[]
---@param limit integer lines of each
function M.add_diffs(lines, diffs, limit)
  for _, diff in ipairs(diffs) do
    if #diffs > 1 then
      table.insert(lines, ("    %s +%d -%d"):format(sanitize.line(diff.path), diff.additions, diff.deletions))
    end
    local hunks = ("\n" .. diff.patch):match("\n(@@.*)$")
    if hunks then
      M.add(lines, hunks, "  ", limit)
    end
  end
end

return M
