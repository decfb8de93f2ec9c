-- Keys in the panel. Each can be moved or switched off in the settings.

local config = require("sidestream.config")
local notify = require("sidestream.notify")

local M = {}

---@param chat sidestream.Chat
---@return sidestream.Block?, sidestream.Section?
local function at_cursor(chat)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local block, _, section = chat.view:block_at(row)
  return block, section
end

---@param chat sidestream.Chat
---@param step 1|-1
local function jump(chat, step)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local best
  for _, section in ipairs(chat.view.sections) do
    local header = chat.view:row(section) + 1
    if step == 1 and header > row and not best then
      best = header
    elseif step == -1 and header < row then
      best = header
    end
  end
  if best then
    vim.api.nvim_win_set_cursor(0, { best + 1, 0 })
  end
end

-- A window that shows files rather than the panel.
local function to_file_window()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local is_file = vim.bo[vim.api.nvim_win_get_buf(window)].buftype == ""
    if is_file and vim.api.nvim_win_get_config(window).relative == "" and not vim.wo[window].winfixbuf then
      return vim.api.nvim_set_current_win(window)
    end
  end
  vim.cmd("topleft vsplit")
  vim.wo.winfixbuf = false
  vim.cmd.enew()
end

---@param path string
---@param line? integer
function M.edit(path, line)
  to_file_window()
  vim.cmd.edit(vim.fn.fnameescape(path))
  if line then
    pcall(vim.api.nvim_win_set_cursor, 0, { line, 0 })
  end
end

-- The whole of what was cut, in a window of its own.
---@param chat sidestream.Chat
---@param block sidestream.Block
local function show_whole(chat, block)
  local field = block.part.type == "tool" and "output" or "text"
  local params = chat:params({ messageId = block.message.id, partId = block.part.id, field = field })
  require("sidestream.client").call("part/content", params, function(result)
    local content = type(result.content) == "string" and result.content or vim.inspect(result.content)
    require("sidestream.logs").show("whole", require("sidestream.view.sanitize").lines(content))
  end)
end

-- <CR>: the sub-agent's session, the file, the whole text, or the fold.
---@param chat sidestream.Chat
local function open(chat)
  local block = at_cursor(chat)
  local part = block and block.part
  local line = vim.api.nvim_get_current_line()
  local path, number = line:match("([%w_%-./~]+):(%d+)")
  path = path or line:match("([%w_%-./~]*[%w_%-]/?%.%w+)")
  local full = path and vim.fs.joinpath(chat.directory, path)
  if part and part.childSessionId then
    require("sidestream").open({ session = part.childSessionId, focus = false })
  elseif part and part.cut then
    show_whole(chat, block)
  elseif full and vim.uv.fs_stat(full) then
    M.edit(full, tonumber(number))
  elseif block and block.item and block.item.questions then
    require("sidestream.waiting").act(chat.view, "allow")
  elseif part and part.type ~= "text" then
    chat.view:toggle(block)
  end
end

-- The newest prompt at or above the cursor.
---@param chat sidestream.Chat
---@return sidestream.Message?
function M.prompt_at_cursor(chat)
  local row = math.huge
  if vim.api.nvim_get_current_buf() == chat.buffer then
    row = vim.api.nvim_win_get_cursor(0)[1] - 1
  end
  local found
  for _, section in ipairs(chat.view.sections) do
    if section.mark and section.messages[1].role == "user" and (chat.view:row(section) <= row or not found) then
      found = section.messages[1]
    end
  end
  return found
end

--- The prompt whose turn is reviewed: the one at the cursor when the panel has it, else the last.
---@param chat sidestream.Chat
---@return sidestream.Message?
function M.prompt_for_review(chat)
  if vim.api.nvim_get_current_buf() == chat.buffer then
    return M.prompt_at_cursor(chat)
  end
  local messages = chat.transcript and chat.transcript.messages or {}
  for index = #messages, 1, -1 do
    if messages[index].role == "user" then
      return messages[index]
    end
  end
end

---@param keys table<string, string|false>
local function help(keys)
  local lines = {}
  for name, key in pairs(keys) do
    if key then
      table.insert(lines, ("%-8s %s"):format(key, (name:gsub("_", " "))))
    end
  end
  table.sort(lines)
  table.insert(lines, "1-9      choose an option of a question")
  notify.info(table.concat(lines, "\n"))
end

---@param chat sidestream.Chat
function M.bind(chat)
  local keys = config.get().keymaps.panel
  local waiting = require("sidestream.waiting")
  local function map(name, description, action)
    if keys[name] then
      vim.keymap.set("n", keys[name], action, {
        buffer = chat.buffer,
        nowait = true,
        desc = "Sidestream: " .. description,
      })
    end
  end
  for name, description in pairs({
    allow = "allow, or answer",
    always = "allow from now on",
    reject = "reject, or dismiss",
    reject_with_message = "reject and say why, or answer in own words",
  }) do
    map(name, description, function()
      waiting.act(chat.view, name)
    end)
  end
  map("fold", "show or hide details", function()
    local block = at_cursor(chat)
    if block then
      chat.view:toggle(block)
    end
  end)
  map("open", "open what is under the cursor", function()
    open(chat)
  end)
  map("next_message", "next message", function()
    jump(chat, 1)
  end)
  map("previous_message", "message before", function()
    jump(chat, -1)
  end)
  map("prompt", "write a prompt", function()
    require("sidestream").open()
    vim.cmd.startinsert({ bang = true })
  end)
  for name, subcommand in pairs({
    parent = "parent",
    sessions = "sessions",
    review = "review",
    revert = "revert",
    unrevert = "unrevert",
    abort = "abort",
    close = "close",
  }) do
    map(name, subcommand, function()
      vim.cmd.Sidestream(subcommand)
    end)
  end
  map("help", "these keys", function()
    help(keys)
  end)
  -- The keys of folds, for what is folded here.
  for key, wanted in pairs({ za = "toggle", zo = true, zc = false }) do
    vim.keymap.set("n", key, function()
      local block = at_cursor(chat)
      if block and block.part and (wanted == "toggle" or chat.view:look(block.part).open ~= wanted) then
        chat.view:toggle(block)
      end
    end, { buffer = chat.buffer, desc = "Sidestream: details" })
  end
  for key, wanted in pairs({ zR = true, zM = false }) do
    vim.keymap.set("n", key, function()
      chat.view:toggle_all(wanted)
    end, { buffer = chat.buffer, desc = "Sidestream: all details" })
  end
  for number = 1, 9 do
    vim.keymap.set("n", tostring(number), function()
      if not waiting.choose(chat.view, number) then
        -- Without a question it is a count, as ever.
        vim.api.nvim_feedkeys(tostring(number), "ni", false)
      end
    end, { buffer = chat.buffer, nowait = true, desc = "Sidestream: choose an option" })
  end
end

return M
