-- What stands beside lines without being text: icons that say how a tool fares, turning while it runs,
-- and notes after headers.

local M = {}

M.NAMESPACE = vim.api.nvim_create_namespace("sidestream.beside")

local SPINNER = { "⠋ ", "⠙ ", "⠹ ", "⠸ ", "⠼ ", "⠴ ", "⠦ ", "⠧ ", "⠇ ", "⠏ " }
local TURN = 120

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

---@param view sidestream.View
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

---@return sidestream.Chunk
local function spinner()
  local turn = math.floor(vim.uv.now() / TURN) % #SPINNER
  return { SPINNER[turn + 1], "SidestreamRunning" }
end

---@param view sidestream.View
---@param section sidestream.Section
---@param block sidestream.Block
---@param row integer of the block's first line
function M.decorate(view, section, block, row)
  local shape = block.shape
  if not shape or block.lines == 0 then
    return M.undecorate(view, block)
  end
  row = row + (block.gap and 1 or 0)
  if shape.icon then
    block.icon_mark = put(view.buffer, row, block.icon_mark, { shape.live and spinner() or shape.icon }, "overlay")
  end
  if shape.beside and #shape.beside > 0 then
    local chunks = { { "  " } }
    vim.list_extend(chunks, shape.beside)
    block.beside_mark = put(view.buffer, row, block.beside_mark, chunks, "eol")
  elseif block.beside_mark then
    vim.api.nvim_buf_del_extmark(view.buffer, M.NAMESPACE, block.beside_mark)
    block.beside_mark = nil
  end
  view.live[block] = shape.live and section or nil
end

---@param view sidestream.View
local function turn_icons(view)
  local rows = {}
  for block, section in pairs(view.live) do
    local row = rows[section] or view:first_row(section)
    rows[section] = row
    for _, other in ipairs(section.blocks) do
      if other == block then
        break
      end
      row = row + other.lines
    end
    row = row + (block.gap and 1 or 0)
    block.icon_mark = put(view.buffer, row, block.icon_mark, { spinner() }, "overlay")
  end
end

--- Lets icons turn as long as something runs and can be seen.
---@param view sidestream.View
function M.spin(view)
  if view.spinning or not next(view.live) then
    return
  end
  view.spinning = true
  vim.defer_fn(function()
    view.spinning = false
    if next(view.live) and view:is_visible() then
      turn_icons(view)
      M.spin(view)
    end
  end, TURN)
end

return M
