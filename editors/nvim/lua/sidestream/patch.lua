-- Unified diffs, read backwards: what a file was before them. Pure.

local M = {}

---@class sidestream.Hunk
---@field start integer first line of it in the new file, from 1; the line before when it holds none
---@field old string[]
---@field new string[]

---@param patch string
---@return sidestream.Hunk[]
function M.hunks(patch)
  local hunks = {}
  local hunk ---@type sidestream.Hunk?
  local old_left, new_left = 0, 0
  for _, line in ipairs(vim.split(patch, "\n", { plain = true })) do
    local old_count, start, new_count = line:match("^@@ %-%d+,?(%d*) %+(%d+),?(%d*) @@")
    if start then
      old_left = tonumber(old_count == "" and 1 or old_count) --[[@as integer]]
      new_left = tonumber(new_count == "" and 1 or new_count) --[[@as integer]]
      hunk = {
        start = tonumber(start) --[[@as integer]],
        old = {},
        new = {},
      }
      table.insert(hunks, hunk)
    elseif hunk and (old_left > 0 or new_left > 0) then
      local sign, text = line:sub(1, 1), line:sub(2)
      if sign ~= "+" and sign ~= "\\" then
        table.insert(hunk.old, text)
        old_left = old_left - 1
      end
      if sign ~= "-" and sign ~= "\\" then
        table.insert(hunk.new, text)
        new_left = new_left - 1
      end
    end
  end
  return hunks
end

---@param lines string[]
---@param hunk sidestream.Hunk
---@param at integer
---@return boolean
local function matches(lines, hunk, at)
  for index, text in ipairs(hunk.new) do
    if lines[at + index - 1] ~= text then
      return false
    end
  end
  return true
end

-- Where a hunk is now: at its place, or near it when the file was changed since.
---@param lines string[]
---@param hunk sidestream.Hunk
---@return integer?
local function find(lines, hunk)
  local start = #hunk.new == 0 and hunk.start + 1 or hunk.start
  for distance = 0, math.max(#lines, 1) do
    for _, at in ipairs({ start - distance, start + distance }) do
      if at >= 1 and at <= #lines + 1 and matches(lines, hunk, at) then
        return at
      end
    end
  end
end

--- The lines before a patch was applied; nothing when they have been changed too much since.
---@param lines string[] as they are now
---@param patch string
---@return string[]?
function M.before(lines, patch)
  local hunks = M.hunks(patch)
  local result = vim.list_slice(lines)
  for index = #hunks, 1, -1 do
    local hunk = hunks[index]
    local at = find(result, hunk)
    if not at then
      return nil
    end
    local changed = vim.list_slice(result, 1, at - 1)
    vim.list_extend(changed, hunk.old)
    vim.list_extend(changed, result, at + #hunk.new)
    result = changed
  end
  return result
end

return M
