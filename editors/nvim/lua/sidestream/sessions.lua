-- The list of sessions, as a floating window that stays true while it is open: what runs, what waits, and
-- below each session those of its sub-agents.

local client = require("sidestream.client")
local events = require("sidestream.events")
local notify = require("sidestream.notify")
local sanitize = require("sidestream.view.sanitize")
local state = require("sidestream.state")

local M = {}

local namespace = vim.api.nvim_create_namespace("sidestream.session-list")

---@class sidestream.SessionList
---@field buffer integer
---@field window integer
---@field instance_id string
---@field root? string only this session and those below it
---@field rows sidestream.Session[]
---@field filter string

---@type sidestream.SessionList?
local list

-- A session, and those below it, newest first.
---@param rows { [1]: sidestream.Session, [2]: integer }[]
---@param children table<string, sidestream.Session[]>
---@param session sidestream.Session
---@param depth integer
local function add(rows, children, session, depth)
  table.insert(rows, { session, depth })
  for _, child in ipairs(children[session.id] or {}) do
    add(rows, children, child, depth + 1)
  end
end

---@return { [1]: sidestream.Session, [2]: integer }[] sessions and how deep they are
local function tree()
  local sessions = vim.tbl_filter(function(session)
    return session.instanceId == list.instance_id and not session.time.archived
  end, vim.tbl_values(state.sessions))
  table.sort(sessions, function(a, b)
    return a.time.updated > b.time.updated
  end)
  local children, rows = {}, {}
  for _, session in ipairs(sessions) do
    if session.parentId then
      children[session.parentId] = children[session.parentId] or {}
      table.insert(children[session.parentId], session)
    end
  end
  for _, session in ipairs(sessions) do
    local top = list.root and session.id == list.root or not list.root and not session.parentId
    local matches = list.filter == "" or session.title:lower():find(list.filter:lower(), 1, true)
    if top and matches then
      add(rows, children, session, 0)
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

local function draw()
  if not list or not vim.api.nvim_buf_is_valid(list.buffer) then
    return
  end
  local selected = list.rows[vim.api.nvim_win_get_cursor(list.window)[1]]
  local lines, marks, cursor = {}, {}, 1
  list.rows = {}
  for index, row in ipairs(tree()) do
    local session, depth = row[1], row[2]
    local mark, group = icon(session)
    local title = session.title ~= "" and sanitize.line(session.title) or "untitled"
    table.insert(list.rows, session)
    table.insert(lines, (" %s %s%s"):format(mark, ("  "):rep(depth), title))
    local beside = { os.date("%d %b %H:%M", math.floor(session.time.updated / 1000)) }
    local cost = session.usage and session.usage.cost or session.cost or 0
    if cost > 0 then
      table.insert(beside, 1, ("$%.2f"):format(cost))
    end
    table.insert(marks, { group = group, width = #mark, beside = table.concat(beside, "  ") })
    if selected and selected.id == session.id then
      cursor = index
    end
  end
  if #lines == 0 then
    lines = { " No sessions yet." }
  end
  vim.bo[list.buffer].modifiable = true
  vim.api.nvim_buf_set_lines(list.buffer, 0, -1, false, lines)
  vim.bo[list.buffer].modifiable = false
  vim.api.nvim_buf_clear_namespace(list.buffer, namespace, 0, -1)
  for index, mark in ipairs(marks) do
    vim.api.nvim_buf_set_extmark(list.buffer, namespace, index - 1, 1, {
      end_col = 1 + mark.width,
      hl_group = mark.group,
      virt_text = { { mark.beside .. " ", "SidestreamDim" } },
      virt_text_pos = "right_align",
    })
  end
  vim.api.nvim_win_set_cursor(list.window, { cursor, 0 })
end

local function close()
  if list and vim.api.nvim_win_is_valid(list.window) then
    vim.api.nvim_win_close(list.window, true)
  end
  list = nil
end

---@return sidestream.Session?
local function selected()
  return list and list.rows[vim.api.nvim_win_get_cursor(list.window)[1]]
end

---@param session sidestream.Session
---@return table
local function params(session)
  return { instanceId = session.instanceId, sessionId = session.id }
end

---@type table<string, { does: string, run: fun(session?: sidestream.Session) }>
local actions = {
  ["<CR>"] = {
    does = "open",
    run = function(session)
      if session then
        close()
        require("sidestream").open({ session = session.id })
      end
    end,
  },
  n = {
    does = "new",
    run = function()
      close()
      require("sidestream").open({ new = true })
    end,
  },
  r = {
    does = "rename",
    run = function(session)
      if session then
        vim.ui.input({ prompt = "Title: ", default = session.title }, function(title)
          if title and title ~= "" then
            client.call("session/rename", vim.tbl_extend("force", params(session), { title = title }))
          end
        end)
      end
    end,
  },
  d = {
    does = "delete",
    run = function(session)
      local question = session and ("Delete the session “%s”?"):format(session.title)
      if session and vim.fn.confirm(question, "&Delete\n&Keep", 2) == 1 then
        client.call("session/delete", params(session))
      end
    end,
  },
  f = {
    does = "fork",
    run = function(session)
      if session then
        client.call("session/fork", params(session))
      end
    end,
  },
  a = {
    does = "archive",
    run = function(session)
      if session then
        client.call("session/archive", params(session))
      end
    end,
  },
  x = {
    does = "stop",
    run = function(session)
      if session then
        client.call("session/abort", params(session))
      end
    end,
  },
  ["/"] = {
    does = "filter",
    run = function()
      vim.ui.input({ prompt = "Title has: " }, function(text)
        if list and text then
          list.filter = text
          draw()
        end
      end)
    end,
  },
  q = { does = "close", run = close },
  ["<Esc>"] = { does = "close", run = close },
}

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
    footer = " ⏎ open  n new  r rename  d delete  f fork  a archive  x stop  / filter ",
    footer_pos = "center",
  })
  vim.wo[window].cursorline = true
  list = {
    buffer = buffer,
    window = window,
    instance_id = instance_id,
    root = root and root.id,
    rows = {},
    filter = "",
  }
  for key, action in pairs(actions) do
    vim.keymap.set("n", key, function()
      action.run(selected())
    end, { buffer = buffer, nowait = true, desc = "Sidestream: " .. action.does })
  end
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = buffer,
    callback = function()
      list = nil
    end,
  })
  draw()
end

--- Shows the sessions of the folder, or one with those below it.
---@param root? sidestream.Session
function M.show(root)
  require("sidestream.commands").with_instance(function(instance_id)
    open(instance_id, root)
    client.request("session/list", { instanceId = instance_id }, function(failure, result)
      if failure then
        return notify.failure(failure)
      end
      for _, session in ipairs(result.sessions) do
        state.sessions[session.id] = session
      end
      draw()
    end)
  end)
end

for _, event in ipairs({ "SessionChanged", "SessionRemoved" }) do
  events.on(event, function()
    vim.schedule(draw)
  end)
end

return M
