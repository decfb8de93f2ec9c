-- The panel's windows: a conversation above, its prompt below, one pair in a tab page. Moves no focus
-- unless the user asked for it, and remembers its width.

local beside = require("sidestream.view.beside")
local config = require("sidestream.config")
local events = require("sidestream.events")
local state = require("sidestream.state")
local statusline = require("sidestream.statusline")

local M = {}

---@class sidestream.PanelWindows
---@field chat sidestream.Chat
---@field window integer
---@field prompt_window integer
---@field layout string
---@field before? integer the buffer that a "current" panel took the place of
---@field taken fun() to be called when its window shows something else

---@type table<integer, sidestream.PanelWindows>
local tabs = {}
---@type integer? columns that the user gave it
local kept_width
--- Shown last in any tab page, or sent to since: what is sent next goes there, too.
---@type sidestream.Chat?
M.last = nil

---@return sidestream.PanelWindows?
function M.windows()
  local panel = tabs[vim.api.nvim_get_current_tabpage()]
  return panel and vim.api.nvim_win_is_valid(panel.window) and panel or nil
end

--- The conversation in this tab page, or the one shown last, if it is of the folder that is worked in.
---@return sidestream.Chat?
function M.chat()
  local panel = M.windows()
  local chat = panel and panel.chat or M.last
  local is_here = chat and (panel or chat.view:is_valid() and chat.directory == config.directory())
  return is_here and chat or nil
end

---@return integer
local function width()
  local wanted = kept_width or config.get().panel.width
  local columns = wanted <= 1 and vim.o.columns * wanted or wanted
  return math.max(20, math.min(math.floor(columns), vim.o.columns - 10))
end

-- Options of both windows, and of each.
local COMMON = {
  number = false,
  relativenumber = false,
  signcolumn = "no",
  foldcolumn = "0",
  foldenable = false,
  list = false,
  spell = false,
  wrap = true,
  linebreak = true,
  breakindent = true,
  cursorline = false,
  winfixwidth = true,
  scrolloff = 0,
  fillchars = "eob: ",
}
local CHAT = { conceallevel = 2, concealcursor = "nc", statusline = " %l/%L  g? keys" }
local PROMPT = { winfixheight = true, statusline = " @ file, agent  / command  ! shell" }

-- Puts a buffer into a window, which is then fixed to it. A buffer that is new in a window brings the
-- user's own options, so they are set each time.
---@param window integer
---@param buffer integer
---@param options table<string, any>
---@param fixed boolean
local function put(window, buffer, options, fixed)
  vim.wo[window].winfixbuf = false
  if vim.api.nvim_win_get_buf(window) ~= buffer then
    vim.api.nvim_win_set_buf(window, buffer)
  end
  for name, value in pairs(vim.tbl_extend("force", COMMON, options, { winfixbuf = fixed })) do
    vim.api.nvim_set_option_value(name, value, { win = window, scope = "local" })
  end
end

---@param buffer integer
---@param row integer
---@param height integer
---@return integer window
local function open_float(buffer, row, height)
  local columns = math.min(width() * 2, vim.o.columns - 4)
  local column = math.floor((vim.o.columns - columns) / 2)
  local place = { relative = "editor", row = row, col = column, width = columns, height = height, border = "rounded" }
  return vim.api.nvim_open_win(buffer, false, place)
end

-- A split, or a float where there is no room for one.
---@param buffer integer
---@param split vim.api.keyset.win_config
---@param row integer
---@param height integer
---@return integer window
local function open_split(buffer, split, row, height)
  local ok, window = pcall(vim.api.nvim_open_win, buffer, false, split)
  return ok and window --[[@as integer]] or open_float(buffer, row, height)
end

---@param layout string
---@param buffer integer
---@return integer window
local function open_main(layout, buffer)
  local height = math.max(3, vim.o.lines - config.get().panel.prompt_height - 8)
  if layout == "current" then
    vim.api.nvim_win_set_buf(0, buffer)
    return vim.api.nvim_get_current_win()
  elseif layout == "float" then
    return open_float(buffer, 1, height)
  end
  local side = layout --[[@as "left"|"right"]]
  return open_split(buffer, { split = side, win = -1, width = width() }, 1, height)
end

---@param layout string
---@param window integer
---@param buffer integer
---@return integer window
local function open_prompt(layout, window, buffer)
  local height = config.get().panel.prompt_height
  if layout == "float" then
    return open_float(buffer, vim.api.nvim_win_get_height(window) + 3, height)
  end
  local split = { split = "below", win = window, height = height } --[[@as vim.api.keyset.win_config]]
  return open_split(buffer, split, math.max(0, vim.o.lines - height - 4), height)
end

---@param window integer
local function close_window(window)
  if vim.api.nvim_win_is_valid(window) then
    -- As the last window it stays.
    pcall(vim.api.nvim_win_close, window, true)
  end
end

-- Windows of a panel go together, and the width that the user gives it is kept.
---@param panel sidestream.PanelWindows
---@param tab integer
local function watch(panel, tab)
  local group = vim.api.nvim_create_augroup("sidestream.panel." .. tab, {})
  local function gone()
    tabs[tab] = nil
    vim.api.nvim_del_augroup_by_id(group)
    vim.schedule(function()
      close_window(panel.prompt_window)
      events.emit("PanelClosed", {})
    end)
  end
  -- A window in which something else is shown is the user's again.
  local function taken()
    local window = panel.window
    if vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window) ~= panel.chat.buffer then
      for name, value in pairs({ winbar = vim.go.winbar, statusline = "" }) do
        vim.api.nvim_set_option_value(name, value, { win = window, scope = "local" })
      end
      gone()
    end
  end
  local function resized()
    if vim.tbl_contains(vim.v.event.windows or {}, panel.window) then
      kept_width = vim.api.nvim_win_get_width(panel.window)
    end
  end
  panel.taken = taken
  vim.api.nvim_create_autocmd("WinClosed", { group = group, pattern = tostring(panel.window), callback = gone })
  vim.api.nvim_create_autocmd({ "BufWinEnter", "BufEnter" }, { group = group, callback = taken })
  if panel.layout == "left" or panel.layout == "right" then
    vim.api.nvim_create_autocmd("WinResized", { group = group, callback = resized })
  end
end

---@param chat sidestream.Chat
---@param layout string
---@return sidestream.PanelWindows
local function open(chat, layout)
  local before = layout == "current" and vim.api.nvim_get_current_buf() or nil
  local window = open_main(layout, chat.buffer)
  local prompt_window = open_prompt(layout, window, chat.prompt.buffer)
  local panel = { chat = chat, window = window, prompt_window = prompt_window, layout = layout, before = before }
  ---@cast panel sidestream.PanelWindows
  local tab = vim.api.nvim_win_get_tabpage(window)
  tabs[tab] = panel
  watch(panel, tab)
  return panel
end

---@param chat sidestream.Chat
---@param layout string for a panel that is not there yet
function M.show(chat, layout)
  local shown = M.windows()
  local panel = shown or open(chat, layout)
  if not vim.api.nvim_win_is_valid(panel.prompt_window) then
    panel.prompt_window = open_prompt(panel.layout, panel.window, chat.prompt.buffer)
  end
  panel.chat, M.last = chat, chat
  local is_new = not shown or vim.api.nvim_win_get_buf(panel.window) ~= chat.buffer
  put(panel.window, chat.buffer, CHAT, panel.layout ~= "current")
  put(panel.prompt_window, chat.prompt.buffer, PROMPT, true)
  if is_new then
    chat.view:go(panel.window, chat.view.left)
  end
  chat.used = vim.uv.now()
  chat.view:tail_changed()
  M.draw_bars()
  if not shown then
    events.emit("PanelOpened", { buffer = chat.buffer, window = panel.window })
  end
end

---@param window integer
---@return boolean
local function is_last(window)
  return not vim.iter(vim.api.nvim_tabpage_list_wins(0)):any(function(other)
    return other ~= window and vim.api.nvim_win_get_config(other).relative == ""
  end)
end

function M.close()
  local panel = M.windows()
  if not panel then
    return
  end
  close_window(panel.prompt_window)
  if panel.layout == "float" or (panel.layout ~= "current" and not is_last(panel.window)) then
    return vim.api.nvim_win_close(panel.window, true)
  end
  -- This window stays: it was the user's, or is the last one. It gets its buffer back, or an empty one.
  vim.wo[panel.window].winfixbuf = false
  local has_buffer = panel.before and vim.api.nvim_buf_is_valid(panel.before)
  local before = has_buffer and panel.before or vim.api.nvim_create_buf(true, false)
  vim.api.nvim_win_set_buf(panel.window, before --[[@as integer]])
  if tabs[vim.api.nvim_get_current_tabpage()] == panel then
    panel.taken()
  end
end

--- Takes the cursor to the prompt.
function M.focus_prompt()
  local panel = M.windows()
  if panel and vim.api.nvim_win_is_valid(panel.prompt_window) then
    vim.api.nvim_set_current_win(panel.prompt_window)
  end
end

--- The prompt's window grows with what is written into it.
function M.fit_prompt()
  local panel = M.windows()
  if panel and vim.api.nvim_win_is_valid(panel.prompt_window) then
    local least = config.get().panel.prompt_height
    local height = math.max(least, math.min(vim.api.nvim_buf_line_count(panel.chat.prompt.buffer) + 1, least * 2))
    vim.api.nvim_win_set_height(panel.prompt_window, height)
  end
end

---@param window integer
---@param text string
local function set_bar(window, text)
  if vim.api.nvim_win_is_valid(window) and vim.wo[window].winbar ~= text then
    vim.api.nvim_set_option_value("winbar", text, { win = window, scope = "local" })
  end
end

-- Milliseconds between two turns of what is under way.
local TURN = 200
local bars_scheduled, bars_turn = false, false

--- Brings the lines above both windows up to date, in all tab pages, and what turns below them.
function M.draw_bars()
  if bars_scheduled then
    return
  end
  bars_scheduled = true
  vim.schedule(function()
    bars_scheduled = false
    local runs = false
    for _, panel in pairs(tabs) do
      local instance = state.instances[panel.chat.instance_id or ""]
      set_bar(panel.window, statusline.panel_bar(panel.chat))
      set_bar(panel.prompt_window, statusline.prompt_bar(panel.chat))
      beside.turn(panel.chat.view)
      runs = runs or state.is_running(panel.chat:session()) or (instance and instance.retryAt ~= nil)
    end
    if runs and not bars_turn then
      bars_turn = true
      vim.defer_fn(function()
        bars_turn = false
        M.draw_bars()
      end, TURN)
    end
  end)
end

return M
