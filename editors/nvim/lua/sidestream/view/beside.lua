-- What stands beside lines without being text: icons that say how a tool fares, turning while it runs,
-- and notes after headers.

local figures = require("sidestream.view.figures")

local M = {}

M.NAMESPACE = vim.api.nvim_create_namespace("sidestream.beside")

---@class sidestream.Decorated
---@field buffer integer
---@field live table<sidestream.Block, true> blocks whose icon turns

---@param buffer integer
---@param row integer
---@param mark? integer
---@param chunks sidestream.Chunk[]
---@param position "overlay"|"eol"
---@return integer mark
local function put(buffer, row, mark, chunks, position)
  return vim.api.nvim_buf_set_extmark(buffer, M.NAMESPACE, row, 0, {
    id = mark,
    virt_text = chunks,
    virt_text_pos = position,
    hl_mode = "combine",
  })
end

---@return sidestream.Chunk
local function spinner()
  return { figures.spinner() .. " ", "SidestreamRunning" }
end

---@param view sidestream.Decorated
---@param block sidestream.Block
function M.undecorate(view, block)
  view.live[block] = nil
  for _, name in ipairs({ "icon_mark", "beside_mark" }) do
    if block[name] then
      vim.api.nvim_buf_del_extmark(view.buffer, M.NAMESPACE, block[name])
      block[name] = nil
    end
  end
end

---@param view sidestream.Decorated
---@param block sidestream.Block
---@param row integer of the block's first line
function M.decorate(view, block, row)
  M.undecorate(view, block)
  local shape = block.shape or {}
  row = row + (block.gap and 1 or 0)
  if shape.icon then
    block.icon_mark = put(view.buffer, row, nil, { shape.live and spinner() or shape.icon }, "overlay")
    view.live[block] = shape.live or nil
  end
  if shape.beside then
    block.beside_mark = put(view.buffer, row, nil, vim.list_extend({ { "  ", "" } }, shape.beside), "eol")
  end
end

--- Lets the icons of what runs turn.
---@param view sidestream.Decorated
function M.turn(view)
  for block in pairs(view.live) do
    local mark = block.icon_mark --[[@as integer]]
    local place = vim.api.nvim_buf_get_extmark_by_id(view.buffer, M.NAMESPACE, mark, {})
    block.icon_mark = put(view.buffer, place[1], block.icon_mark, { spinner() }, "overlay")
  end
end

return M
