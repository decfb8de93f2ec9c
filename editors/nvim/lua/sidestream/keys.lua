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
local function edit(path, line)
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

-- The file that a line names, if there is such a file.
---@param chat sidestream.Chat
---@param line string
---@return string? path, integer? line
local function file_in(chat, line)
  local path, number = line:match("([%w_%-./~]+):(%d+)")
  path = path or line:match("([%w_%-./~]*[%w_%-]/?%.%w+)")
  local full = path and vim.fs.joinpath(chat.directory, path)
  if full and vim.uv.fs_stat(full) then
    return full, tonumber(number) --[[@as integer?]]
  end
end

-- <CR>: the sub-agent's session, the whole text, the file, or the fold.
---@param chat sidestream.Chat
local function open(chat)
  local block = at_cursor(chat)
  local part = block and block.part
  local path, line = file_in(chat, vim.api.nvim_get_current_line())
  if part and part.childSessionId then
    require("sidestream").open({ session = part.childSessionId, focus = false })
  elseif block and part and part.cut then
    show_whole(chat, block)
  elseif path then
    edit(path, line)
  elseif block and block.item and block.item.questions then
    require("sidestream.waiting").act(chat.view, "allow")
  elseif block and part and part.type ~= "text" then
    chat.view:fold(block, "toggle")
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

-- Actions that are subcommands, and what they do.
local SUBCOMMANDS = {
  parent = "go to the session that started this one",
  sessions = "pick a session",
  review = "review the turn's changes",
  revert = "revert to before the prompt under the cursor",
  unrevert = "undo revert",
  abort = "stop the run",
  close = "close the panel",
}
-- Actions on what waits, and what they do.
local ANSWERS = {
  allow = "allow, or answer",
  always = "allow from now on",
  reject = "reject, or dismiss",
  reject_with_message = "reject and say why, or answer in own words",
}

---@param chat sidestream.Chat
function M.bind(chat)
  local keys = config.get().keymaps.panel
  local waiting = require("sidestream.waiting")
  ---@param key string|false
  ---@param description string
  ---@param action string|fun()
  local function map(key, description, action)
    if key then
      local options = { buffer = chat.buffer, nowait = true, desc = "Sidestream: " .. description }
      vim.keymap.set("n", key, action, options)
    end
  end
  for name, description in pairs(SUBCOMMANDS) do
    map(keys[name], description, ("<Cmd>Sidestream %s<CR>"):format(name))
  end
  for name, description in pairs(ANSWERS) do
    map(keys[name], description, function()
      waiting.act(chat.view, name)
    end)
  end
  map(keys.open, "open what is under the cursor", function()
    open(chat)
  end)
  map(keys.next_message, "next message", function()
    jump(chat, 1)
  end)
  map(keys.previous_message, "message before", function()
    jump(chat, -1)
  end)
  map(keys.prompt, "write a prompt", function()
    require("sidestream.context").ask()
  end)
  map(keys.help, "these keys", function()
    help(keys)
  end)
  -- The keys of folds, for what is folded here.
  for key, wanted in pairs({ [keys.fold or "za"] = "toggle", za = "toggle", zo = "open", zc = "close" }) do
    map(key, "details", function()
      local block = at_cursor(chat)
      if block then
        chat.view:fold(block, wanted)
      end
    end)
  end
  for key, wanted in pairs({ zR = "open", zM = "close" }) do
    map(key, "all details", function()
      chat.view:fold_all(wanted)
    end)
  end
  for number = 1, 9 do
    map(tostring(number), "choose an option", function()
      if not waiting.choose(chat.view, number) then
        -- Without a question it is a count, as ever.
        vim.api.nvim_feedkeys(tostring(number), "ni", false)
      end
    end)
  end
end

return M
