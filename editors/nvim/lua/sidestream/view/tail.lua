-- The end of a session's buffer: what the session has to say as a whole, and what waits for the user in it or
-- in its sub-agents.

local asks = require("sidestream.view.asks")
local config = require("sidestream.config")
local state = require("sidestream.state")
local turns = require("sidestream.view.turns")
local waiting = require("sidestream.waiting")

local M = {}

---@param session_id? string
---@return sidestream.Content[]
function M.contents(session_id)
  local keys, diff_lines = config.get().keymaps.panel, config.get().panel.diff_lines
  local function draw_status()
    return turns.status(state.sessions[session_id or ""])
  end
  local function draw_permission(block)
    return asks.permission(block.item, diff_lines, keys)
  end
  local function draw_question(block)
    return asks.question(block.item, waiting.progress(block.item), keys)
  end
  local contents = { { id = "status", version = {}, draw = draw_status } }
  local function add(kind, draw)
    for _, item in ipairs(session_id and state.waiting_items(kind, session_id) or {}) do
      table.insert(contents, { id = item.id, version = {}, draw = draw, item = item })
    end
  end
  add("permission", draw_permission)
  add("question", draw_question)
  return contents
end

return M
