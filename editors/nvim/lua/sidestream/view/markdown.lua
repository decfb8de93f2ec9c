-- Markdown's marks, line by line, for looks only: it needs no memory of the lines before, except whether a
-- line is inside a fenced block, which the caller knows.

local syntax = require("sidestream.view.syntax")

local M = {}

-- A line longer than this is data rather than prose.
local LONGEST = 2000

---@param line string
---@return string? language of the fence that the line opens, "" without one
---@return string? marks that open it
function M.fence(line)
  local marks, language = line:match("^%s*(```+)%s*([^%s`]*)[^`]*$")
  if not marks then
    marks, language = line:match("^%s*(~~~+)%s*(%S*).*$")
  end
  return marks and language, marks
end

--- A fence is closed by marks of its own kind, as many at least: so code may show fences of its own.
---@param line string
---@param marks string that opened it
---@return boolean
function M.closes_fence(line, marks)
  local closing = line:match("^%s*(```+)%s*$") or line:match("^%s*(~~~+)%s*$")
  return closing ~= nil and vim.startswith(closing, marks)
end

-- What a line is by how it begins.
---@param line string
---@return table[] spans
local function beginning(line)
  local heading = line:match("^#+ ")
  if heading then
    return {
      { 0, #heading, "SidestreamMark", conceal = "" },
      { #heading, #line, "SidestreamHeading" },
    }
  elseif line:find("^%s*>") then
    return { { 0, #line, "SidestreamQuote" } }
  elseif line:find("^%s*[-*+] ") or line:find("^%s*%d+[.)] ") then
    return { { 0, #line:match("^%s*%S+"), "SidestreamBullet" } }
  elseif line:find("^%s*[-*_][-*_][-*_]+%s*$") then
    return { { 0, #line, "SidestreamMark" } }
  end
  return {}
end

-- Lines on the screen are asked for at every redraw.
---@type table<string, sidestream.Span[]>
local known = {}
local count = 0

---@param line string
---@return sidestream.Span[]
function M.spans(line)
  if known[line] then
    return known[line]
  elseif #line > LONGEST then
    return {}
  end
  local spans = beginning(line)
  if line:find("[`*_%[~<&]") then
    local language = syntax.language("markdown_inline")
    if not language then
      return spans
    end
    vim.list_extend(spans, syntax.spans({ line }, language)[0])
  end
  if count >= 500 then
    known, count = {}, 0
  end
  known[line], count = spans, count + 1
  return spans
end

return M
