-- Fields of parts that grow while they are streamed. The pieces are joined when someone asks: joining
-- at every piece would take time that grows with the square of the length.

local M = {}

---@type table<sidestream.Part, table<string, string[]>>
local pieces = setmetatable({}, { __mode = "k" })

---@param part sidestream.Part
---@param field string "text" or "output"
---@param piece string
function M.append(part, field, piece)
  local fields = pieces[part] or {}
  pieces[part] = fields
  fields[field] = fields[field] or {}
  table.insert(fields[field], piece)
end

---@param part sidestream.Part
---@param field string
---@return string
function M.text(part, field)
  local fields = pieces[part]
  if fields and fields[field] then
    part[field] = (part[field] or "") .. table.concat(fields[field])
    fields[field] = nil
  end
  return part[field] or ""
end

return M
