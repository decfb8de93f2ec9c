-- The panel's windows: a conversation above, its prompt below, one pair in a tab page. Moves no focus
-- unless the user asked for it, and remembers its width.

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

---@type table<integer, sidestream.PanelWindows>
local tabs = {}
---@type integer? columns that the user gave it
local kept_width
---@type sidestream.Chat? shown last in any tab page
local last_chat

---@return sidestream.PanelWindows?
function M.windows()
  local panel = tabs[vim.api.nvim_get_current_tabpage()]
  return panel and vim.api.nvim_win_is_valid(panel.window) and panel or nil
end

--- The conversation in this tab page, or the one shown last.
---@return sidestream.Chat?
function M.chat()
  local panel = M.windows()
  if panel then
    return panel.chat
  end
  return last_chat and last_chat.view:is_valid() and last_chat or nil
end

---@return integer
local function width()
  local wanted = kept_width or config.get().panel.width
  if wanted <= 1 then
    wanted = math.floor(vim.o.columns * wanted)
  end
  return math.max(20, math.min(math.floor(wanted), vim.o.columns - 10))
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

---@param layout string
---@param buffer integer
---@return integer window
local function open_main(layout, buffer)
  if layout == "current" then
    vim.api.nvim_win_set_buf(0, buffer)
    return vim.api.nvim_get_current_win()
  elseif layout == "float" then
    return open_float(buffer, 1, math.max(3, vim.o.lines - config.get().panel.prompt_height - 8))
  end
  local side = layout --[[@as "left"|"right"]]
  return vim.api.nvim_open_win(buffer, false, { split = side, win = -1, width = width() })
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
  return vim.api.nvim_open_win(buffer, false, { split = "below", win = window, height = height })
end

-- Windows of a panel go together, and the width that the user gives it is kept.
---@param panel sidestream.PanelWindows
---@param tab integer
local function watch(panel, tab)
  local group = vim.api.nvim_create_augroup("sidestream.panel." .. tab, {})
  local function close_prompt()
    if vim.api.nvim_win_is_valid(panel.prompt_window) then
      -- As the last window it stays.
      pcall(vim.api.nvim_win_close, panel.prompt_window, true)
    end
    events.emit("PanelClosed", {})
  end
  local function closed()
    tabs[tab] = nil
    vim.api.nvim_del_augroup_by_id(group)
    vim.schedule(close_prompt)
  end
  local function resized()
    if vim.tbl_contains(vim.v.event.windows or {}, panel.window) then
      kept_width = vim.api.nvim_win_get_width(panel.window)
    end
  end
  vim.api.nvim_create_autocmd("WinClosed", { group = group, pattern = tostring(panel.window), callback = closed })
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
  local tab = vim.api.nvim_win_get_tabpage(window)
  tabs[tab] = panel
  watch(panel, tab)
  return panel
end

---@param chat sidestream.Chat
---@param layout? string
function M.show(chat, layout)
  local shown = M.windows()
  local panel = shown or open(chat, layout or config.get().panel.layout)
  if not vim.api.nvim_win_is_valid(panel.prompt_window) then
    panel.prompt_window = open_prompt(panel.layout, panel.window, chat.prompt.buffer)
  end
  panel.chat, last_chat = chat, chat
  put(panel.window, chat.buffer, CHAT, panel.layout ~= "current")
  put(panel.prompt_window, chat.prompt.buffer, PROMPT, true)
  if not shown or not chat.seen then
    vim.api.nvim_win_set_cursor(panel.window, { vim.api.nvim_buf_line_count(chat.buffer), 0 })
  end
  chat.seen, chat.used = true, vim.uv.now()
  chat.view:tail_changed()
  M.draw_bars()
  if not shown then
    events.emit("PanelOpened", { buffer = chat.buffer, window = panel.window })
  end
end

function M.close()
  local panel = M.windows()
  if not panel then
    return
  end
  if vim.api.nvim_win_is_valid(panel.prompt_window) then
    vim.api.nvim_win_close(panel.prompt_window, true)
  end
  if panel.layout ~= "current" and #vim.api.nvim_tabpage_list_wins(0) > 1 then
    return vim.api.nvim_win_close(panel.window, true)
  end
  -- This window stays: it was the user's, or is the last one. It gets its buffer back, or an empty one.
  local tab = vim.api.nvim_get_current_tabpage()
  tabs[tab] = nil
  vim.api.nvim_del_augroup_by_name("sidestream.panel." .. tab)
  vim.wo[panel.window].winfixbuf = false
  local has_buffer = panel.before and vim.api.nvim_buf_is_valid(panel.before)
  local before = has_buffer and panel.before or vim.api.nvim_create_buf(true, false)
  vim.api.nvim_win_set_buf(panel.window, before --[[@as integer]])
  for name, value in pairs({ winbar = vim.go.winbar, statusline = "" }) do
    vim.api.nvim_set_option_value(name, value, { win = panel.window, scope = "local" })
  end
  events.emit("PanelClosed", {})
end

--- Takes the cursor to the prompt.
function M.focus_prompt()
  local panel = M.windows()
  if panel and vim.api.nvim_win_is_valid(panel.prompt_window) then
    vim.api.nvim_set_current_win(panel.prompt_window)
  end
end

--- The prompt's window grows with what is written into it.
---@param prompt sidestream.Prompt
function M.fit_prompt(prompt)
  local panel = M.windows()
  if panel and panel.chat.prompt == prompt and vim.api.nvim_win_is_valid(panel.prompt_window) then
    local least = config.get().panel.prompt_height
    local height = math.max(least, math.min(vim.api.nvim_buf_line_count(prompt.buffer) + 1, least * 2))
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

local bars_scheduled, bars_turn = false, false

--- Brings the lines above both windows up to date, in all tab pages.
function M.draw_bars()
  if bars_scheduled then
    return
  end
  bars_scheduled = true
  vim.schedule(function()
    bars_scheduled = false
    local runs = false
    for _, panel in pairs(tabs) do
      set_bar(panel.window, statusline.panel_bar(panel.chat))
      set_bar(panel.prompt_window, statusline.prompt_bar(panel.chat))
      runs = runs or state.is_running(panel.chat:session())
    end
    if runs and not bars_turn then
      bars_turn = true
      vim.defer_fn(function()
        bars_turn = false
        M.draw_bars()
      end, 240)
    end
  end)
end

return M
