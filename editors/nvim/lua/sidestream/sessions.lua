-- The list of sessions, as a floating window that stays true while it is open: what runs, what waits, and
-- below each session those of its sub-agents.

local actions = require("sidestream.actions")
local chats = require("sidestream.chat")
local events = require("sidestream.events")
local keymap = require("sidestream.keymap")
local figures = require("sidestream.view.figures")
local sanitize = require("sidestream.view.sanitize")
local state = require("sidestream.state")

local M = {}

local namespace = vim.api.nvim_create_namespace("sidestream.session-list")

---@class sidestream.SessionList
---@field buffer integer
---@field window integer
---@field instance_id string
---@field root? string only this session and those below it
---@field rows sidestream.SessionRow[]

---@type sidestream.SessionList?
local list

---@class sidestream.SessionRow
---@field session sidestream.Session
---@field depth integer

-- Newest first, and below each those of its sub-agents.
---@param instance_id string
---@param root? string
---@return sidestream.SessionRow[]
local function tree(instance_id, root)
  local sessions = vim.tbl_filter(function(session)
    return session.instanceId == instance_id and not session.time.archived
  end, vim.tbl_values(state.sessions))
  table.sort(sessions, function(a, b)
    return a.time.updated > b.time.updated
  end)
  local rows = {}
  local function add(session, depth)
    table.insert(rows, { session = session, depth = depth })
    for _, child in ipairs(sessions) do
      if child.parentId == session.id then
        add(child, depth + 1)
      end
    end
  end
  for _, session in ipairs(sessions) do
    if session.id == root or not root and not session.parentId then
      add(session, 0)
    end
  end
  return rows
end

---@param session sidestream.Session
---@return string icon, string group
local function icon(session)
  if session.permissions + session.questions > 0 then
    return "?", "SidestreamWaiting"
  elseif state.is_running(session) then
    return "●", "SidestreamRunning"
  elseif session.status.type == "error" then
    return "✗", "SidestreamError"
  end
  return " ", "SidestreamDim"
end

---@param session sidestream.Session
---@return string
local function beside(session)
  local cost = figures.cost_of(session)
  return (cost and cost .. "  " or "") .. figures.clock(session.time.updated) .. " "
end

---@return sidestream.Session?
local function selected()
  local row = list and list.rows[vim.api.nvim_win_get_cursor(list.window)[1]]
  return row and row.session
end

local function draw()
  if not list or not vim.api.nvim_win_is_valid(list.window) then
    return
  end
  local before, cursor = selected(), 1
  list.rows = tree(list.instance_id, list.root)
  local lines = vim.tbl_map(function(row)
    local title = sanitize.line(state.title(row.session.id, "untitled"))
    return (" %s %s%s"):format(icon(row.session), ("  "):rep(row.depth), title)
  end, list.rows)
  vim.bo[list.buffer].modifiable = true
  vim.api.nvim_buf_set_lines(list.buffer, 0, -1, false, #lines > 0 and lines or { " No sessions yet." })
  vim.bo[list.buffer].modifiable = false
  vim.api.nvim_buf_clear_namespace(list.buffer, namespace, 0, -1)
  for index, row in ipairs(list.rows) do
    local mark, group = icon(row.session)
    vim.api.nvim_buf_set_extmark(list.buffer, namespace, index - 1, 1, {
      end_col = 1 + #mark,
      hl_group = group,
      virt_text = { { beside(row.session), "SidestreamDim" } },
      virt_text_pos = "right_align",
    })
    if before and before.id == row.session.id then
      cursor = index
    end
  end
  vim.api.nvim_win_set_cursor(list.window, { cursor, 0 })
end

local function close()
  if list and vim.api.nvim_win_is_valid(list.window) then
    vim.api.nvim_win_close(list.window, true)
  end
end

local function forget()
  list = nil
end

-- Does something with the selected session.
---@param action string one of actions.lua
local function act(action)
  local session = selected()
  if session then
    actions[action](session)
  end
end

---@param instance_id string
---@param root? sidestream.Session
local function open(instance_id, root)
  close()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = "wipe"
  local width = math.min(90, vim.o.columns - 4)
  local height = math.min(20, vim.o.lines - 6)
  local window = vim.api.nvim_open_win(buffer, true, {
    relative = "editor",
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    border = "rounded",
    style = "minimal",
    title = root and " Sub-agents " or " Sessions ",
    footer = " ⏎ open  n new  r rename  d delete  f fork  a archive  x stop  / find ",
    footer_pos = "center",
  })
  vim.wo[window].cursorline = true
  list = { buffer = buffer, window = window, instance_id = instance_id, root = root and root.id, rows = {} }
  local keys = { ["<CR>"] = "open", r = "rename", d = "delete", f = "fork", a = "archive", x = "abort" }
  for key, action in pairs(keys) do
    keymap(buffer, "n", key, action .. " the session", act, action)
  end
  keymap(buffer, "n", "n", "new session", "new")
  keymap(buffer, "n", "q", "close", close)
  keymap(buffer, "n", "<Esc>", "close", close)
  vim.api.nvim_create_autocmd("BufWipeout", { buffer = buffer, callback = forget })
  vim.api.nvim_create_autocmd("WinLeave", { buffer = buffer, callback = vim.schedule_wrap(close) })
  draw()
end

--- Shows the sessions of the folder, or one with those below it.
---@param root? sidestream.Session
function M.show(root)
  chats.with_instance(function(instance_id)
    open(instance_id, root)
    state.load_sessions(instance_id)
  end)
end

local scheduled = false

for _, event in ipairs({ "SessionChanged", "SessionRemoved" }) do
  events.on(event, function()
    if list and not scheduled then
      scheduled = true
      vim.schedule(function()
        scheduled = false
        draw()
      end)
    end
  end)
end

return M
