-- Colours of code and of Markdown's inline marks, by the treesitter parsers that Neovim has.

local M = {}

---@class sidestream.Span
---@field [1] integer first byte, from 0
---@field [2] integer byte after the last
---@field [3] string highlight group
---@field conceal? string shown in its place, as long as the line is not edited

-- Bytes of a line that are worth a parser's time.
local WIDTH = 2000

---@type table<string, string|false> by what stands after a fence; false while there is none
local languages = {}

--- Called when a parser has been loaded, so that what was drawn without it is drawn anew.
M.on_load = function() end

-- Loads a parser when nothing is being drawn: reading its queries takes longer than a frame may.
---@param name string
local function load(name)
  languages[name] = false
  vim.schedule(function()
    local filetype = vim.filetype.match({ filename = "code." .. name }) or name
    local language = vim.treesitter.language.get_lang(filetype) or filetype
    local ok, added = pcall(vim.treesitter.language.add, language)
    if ok and added ~= false and vim.treesitter.query.get(language, "highlights") then
      languages[name] = language
      M.on_load()
    end
  end)
end

--- The language that a name means; nothing without a parser, or as long as that is being loaded.
---@param name string as written after a fence
---@return string?
function M.language(name)
  name = name:lower():match("^[%w_+#-]*") --[[@as string]]
  if languages[name] == nil and name ~= "" then
    load(name)
  end
  return languages[name] or nil
end

---@param lines string[]
---@param language string
---@return table<integer, sidestream.Span[]> by line, from 0
function M.spans(lines, language)
  local code = vim.iter(lines):fold("", function(all, line)
    return all .. line:sub(1, WIDTH) .. "\n"
  end)
  local spans = vim.defaulttable(function()
    return {}
  end)
  local query = vim.treesitter.query.get(language, "highlights")
  local tree = (vim.treesitter.get_string_parser(code, language):parse() or {})[1]
  if not tree or not query then
    return spans
  end
  for id, node, metadata in query:iter_captures(tree:root(), code) do
    local name = query.captures[id]
    local conceal = metadata.conceal or metadata[id] and metadata[id].conceal
    -- What stands in brackets alone may be a link, but is mostly code.
    local brackets = node:type() == "shortcut_link" or (node:parent() or node):type() == "shortcut_link"
    if not brackets and not name:find("^_") and not name:find("spell$") then
      local start_row, start_col, end_row, end_col = node:range()
      for row = start_row, math.min(end_row, #lines - 1) do
        local from = row == start_row and start_col or 0
        local to = row == end_row and end_col or #lines[row + 1]
        table.insert(spans[row], { from, to, "@" .. name .. "." .. language, conceal = conceal })
      end
    end
  end
  return spans
end

return M
