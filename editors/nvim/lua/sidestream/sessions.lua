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
---@field archived boolean those that were put away
---@field rows sidestream.SessionRow[]

---@type sidestream.SessionList?
local list

---@class sidestream.SessionRow
---@field session sidestream.Session
---@field depth integer

-- Newest first, and below each those of its sub-agents.
---@param of sidestream.SessionList
---@return sidestream.SessionRow[]
local function tree(of)
  local sessions = vim.tbl_filter(function(session)
    return session.instanceId == of.instance_id and (session.time.archived ~= nil) == of.archived
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
    if not session.parentId then
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
  list.rows = tree(list)
  local lines = vim.tbl_map(function(row)
    local title = sanitize.line(state.title(row.session.id, "untitled"))
    return (" %s %s%s"):format(icon(row.session), ("  "):rep(row.depth), title)
  end, list.rows)
  vim.bo[list.buffer].modifiable = true
  vim.api.nvim_buf_set_lines(list.buffer, 0, -1, false, #lines > 0 and lines or { " No sessions." })
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

-- Another list may have taken the place of the one that is left.
---@param window? integer
local function close(window)
  if list and (not window or window == list.window) then
    pcall(vim.api.nvim_win_close, list.window, true)
    list = nil
  end
end

-- Does something with the selected session.
---@param action string one of actions.lua
local function act(action)
  local session = selected()
  if action == "archive" and session and session.time.archived then
    action = "unarchive"
  elseif action == "open" or action == "export" then
    close()
  end
  if session then
    actions[action](session)
  end
end

-- Fetches the sessions of the list, page after page as long as it is open.
---@param cursor? string
local function load(cursor)
  local known = list
  if known then
    local archived = known.archived and "only" or "without"
    state.load_sessions(known.instance_id, { cursor = cursor, archived = archived }, function(following)
      if following and list == known then
        load(following)
      end
    end)
  end
end

local KEYS =
  { r = "rename", d = "delete", f = "fork", a = "archive", s = "share", c = "compact", e = "export", x = "abort" }

---@param instance_id string
---@param archived? boolean
local function open(instance_id, archived)
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
    title = archived and " Archive " or " Sessions ",
    footer = " ⏎ open  n new  r rename  d delete  f fork  a archive  A the archive  / find  g? keys ",
    footer_pos = "center",
  })
  vim.wo[window].cursorline = true
  list = { buffer = buffer, window = window, instance_id = instance_id, archived = archived or false, rows = {} }
  keymap.set(buffer, "n", "<CR>", "open the session", act, "open")
  for key, action in pairs(KEYS) do
    keymap.set(buffer, "n", state.supports(instance_id, action) and key, action .. " the session", act, action)
  end
  keymap.set(buffer, "n", "A", "the archive, and back", open, instance_id, not archived)
  keymap.set(buffer, "n", "n", "new session", function()
    close()
    vim.cmd.Sidestream("new")
  end)
  keymap.set(buffer, "n", "g?", "these keys", keymap.help, buffer)
  keymap.set(buffer, "n", "q", "close", close)
  keymap.set(buffer, "n", "<Esc>", "close", close)
  local left = vim.schedule_wrap(function()
    close(window)
  end)
  vim.api.nvim_create_autocmd("WinLeave", { buffer = buffer, callback = left })
  draw()
  load()
end

--- Shows the sessions of the folder.
function M.show()
  chats.with_instance(open)
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
