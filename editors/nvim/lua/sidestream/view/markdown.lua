-- Markdown's inline marks, found line by line. Pure, and for looks only: it needs no memory of the
-- lines before, except whether a line is inside a fenced block, which the caller knows.

local M = {}

---@class sidestream.Span
---@field [1] integer first byte, from 0
---@field [2] integer byte after the last
---@field [3] string highlight group
---@field conceal? boolean hidden while the line is not edited

-- A line longer than this is data rather than prose.
local LONGEST = 2000

---@param line string
---@return string? language of the fence that the line opens, "" without one
function M.fence(line)
  local marks, language = line:match("^%s*(```+)%s*([^%s`]*)[^`]*$")
  if not marks then
    marks, language = line:match("^%s*(~~~+)%s*(%S*).*$")
  end
  return marks and language
end

---@param line string
---@return boolean
function M.closes_fence(line)
  return line:find("^%s*```+%s*$") ~= nil or line:find("^%s*~~~+%s*$") ~= nil
end

---@param spans sidestream.Span[]
---@param line string
---@param pattern string with captures: position, marks, position, inner, position, marks, position
---@param group string
---@param taken boolean[] bytes that are code
local function paired(spans, line, pattern, group, taken)
  local from = 1
  while true do
    local start, stop, open_end, inner_end = line:find(pattern, from)
    if not start then
      return
    end
    if taken[start] or taken[stop] then
      from = start + 1
    else
      table.insert(spans, { start - 1, open_end - 1, "SidestreamMark", conceal = true })
      table.insert(spans, { open_end - 1, inner_end - 1, group })
      table.insert(spans, { inner_end - 1, stop, "SidestreamMark", conceal = true })
      for position = start, stop do
        taken[position] = true
      end
      from = stop + 1
    end
  end
end

---@param line string
---@return sidestream.Span[]
local function find(line)
  local spans = {}
  if #line > LONGEST then
    return spans
  end
  local heading = line:match("^#+ ")
  if heading then
    table.insert(spans, { 0, #heading, "SidestreamMark", conceal = true })
    table.insert(spans, { #heading, #line, "SidestreamHeading" })
  elseif line:find("^%s*>") then
    table.insert(spans, { 0, #line, "SidestreamQuote" })
  elseif line:find("^%s*[-*+] ") or line:find("^%s*%d+[.)] ") then
    local _, stop = line:find("^%s*%S+")
    table.insert(spans, { 0, stop, "SidestreamBullet" })
  elseif line:find("^%s*[-*_][-*_][-*_]+%s*$") then
    table.insert(spans, { 0, #line, "SidestreamMark" })
  end
  if not line:find("[`*_%[~]") then
    return spans
  end
  local taken = {}
  paired(spans, line, "`()[^`]+()`", "SidestreamInlineCode", taken)
  paired(spans, line, "%*%*()[^%s*][^*]-()%*%*", "SidestreamBold", taken)
  paired(spans, line, "~~()[^~]+()~~", "SidestreamStruck", taken)
  paired(spans, line, "%f[%w_]_()[^%s_][^_]-()_%f[^%w_]", "SidestreamItalic", taken)
  paired(spans, line, "%*()[^%s*][^*]-()%*", "SidestreamItalic", taken)
  for start, text_end, stop in line:gmatch("()%[[^%]]+()%]%([^)%s]+%)()") do
    if not taken[start] then
      table.insert(spans, { start - 1, start, "SidestreamMark", conceal = true })
      table.insert(spans, { start, text_end - 1, "SidestreamLink" })
      table.insert(spans, { text_end - 1, stop - 1, "SidestreamMark", conceal = true })
    end
  end
  return spans
end

-- Lines on the screen are asked for at every redraw.
---@type table<string, sidestream.Span[]>
local known = {}
local count = 0

---@param line string
---@return sidestream.Span[]
function M.spans(line)
  local spans = known[line]
  if not spans then
    if count >= 500 then
      known, count = {}, 0
    end
    spans = find(line)
    known[line] = spans
    count = count + 1
  end
  return spans
end

return M
