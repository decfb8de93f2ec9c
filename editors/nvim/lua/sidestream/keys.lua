-- Keys in the panel. Each can be moved or switched off in the settings.

local config = require("sidestream.config")
local keymap = require("sidestream.keymap")
local rows = require("sidestream.view.rows")
local sanitize = require("sidestream.view.sanitize")
local waiting = require("sidestream.waiting")

local M = {}

---@param chat sidestream.Chat
---@return sidestream.Block?
local function at_cursor(chat)
  return (chat.view:block_at(vim.api.nvim_win_get_cursor(0)[1] - 1))
end

---@param chat sidestream.Chat
---@param step 1|-1
local function jump(chat, step)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local from, to = { step == 1 and row or math.max(0, row - 2), 0 }, step == 1 and -1 or 0
  local mark = vim.api.nvim_buf_get_extmarks(chat.buffer, rows.SECTIONS, from, to, { limit = 1 })[1]
  if mark and mark[1] ~= chat.view.tail.mark then
    vim.api.nvim_win_set_cursor(0, { mark[2] + 2, 0 })
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

-- The whole of what was cut, in a window of its own.
---@param chat sidestream.Chat
---@param message sidestream.Message
---@param part sidestream.Part
local function show_whole(chat, message, part)
  local field = part.diff and "diff" or part.type == "tool" and "output" or "text"
  local params = chat:params({ messageId = message.id, partId = part.id, field = field })
  require("sidestream.client").call("part/content", params, function(result)
    local content = result.content
    if part.diff then
      local patches = vim.tbl_map(function(diff)
        return diff.patch
      end, content)
      content = table.concat(patches, "\n")
    end
    require("sidestream.logs").show("whole", sanitize.lines(content), part.diff and "diff")
  end)
end

-- The file that a line names, if there is such a file.
---@param chat sidestream.Chat
---@param line string
---@return string? path, integer? line
local function file_in(chat, line)
  local path, number = line:match("([%w_%-./~]+):(%d+)")
  path = path or line:match("([%w_%-./~]*[%w_%-]/?%.%w+)")
  local is_absolute = path and path:find("^[/~]") ~= nil
  local full = path and (is_absolute and vim.fs.normalize(path) or vim.fs.joinpath(chat.directory, path))
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
  elseif block and block.message and part and part.cut then
    show_whole(chat, block.message, part)
  elseif path then
    to_file_window()
    vim.cmd.edit(vim.fn.fnameescape(path))
    vim.fn.cursor(line or 0, 0)
  elseif block and block.item and block.item.questions then
    waiting.act(chat.view, "allow")
  elseif block and part and part.type ~= "text" then
    chat.view:fold(block, "toggle")
  end
end

-- Actions on what waits, and what they do.
local ANSWERS = {
  allow = "allow, or answer",
  always = "allow from now on",
  reject = "reject, or dismiss",
  reject_with_message = "reject and say why, or answer in own words",
}

-- What an edit that waits would change, or else what the turn has changed.
---@param chat sidestream.Chat
local function review(chat)
  local block = at_cursor(chat)
  if block and block.item and block.item.diff then
    require("sidestream.diff").proposed(chat.instance_id or "", block.item)
  else
    vim.cmd.Sidestream("review")
  end
end

---@param chat sidestream.Chat
---@param fold sidestream.Fold
local function fold_at_cursor(chat, fold)
  local block = at_cursor(chat)
  if block then
    chat.view:fold(block, fold)
  end
end

---@param chat sidestream.Chat
---@param number integer
local function choose(chat, number)
  if not waiting.choose(chat.view, number) then
    -- Without a question it is a count, as ever.
    vim.api.nvim_feedkeys(tostring(number), "ni", false)
  end
end

---@param chat sidestream.Chat
function M.bind(chat)
  local keys = config.get().keymaps.panel
  local function map(key, description, action, ...)
    keymap.set(chat.buffer, "n", key, description, action, ...)
  end
  for name, description in pairs(ANSWERS) do
    map(keys[name], description, waiting.act, chat.view, name)
  end
  for number = 1, 9 do
    map(tostring(number), "choose option " .. number, choose, chat, number)
  end
  map(keys.open, "open what is under the cursor", open, chat)
  map(keys.next_message, "next message", jump, chat, 1)
  map(keys.previous_message, "message before", jump, chat, -1)
  map(keys.prompt, "write a prompt", "ask")
  map(keys.parent, "go to the session that started this one", "parent")
  map(keys.sessions, "pick a session", "sessions")
  map(keys.review, "review the turn's changes, or those that an edit asks for", review, chat)
  map(keys.revert, "revert to before the prompt under the cursor", "revert")
  map(keys.unrevert, "undo revert", "unrevert")
  map(keys.unqueue, "take back the queued prompt", "unqueue")
  map(keys.abort, "stop the run", "abort")
  map(keys.close, "close the panel", "close")
  map(keys.help, "these keys", keymap.help, chat.buffer)
  -- The keys of folds, for what is folded here.
  map(keys.fold, "show or hide details", fold_at_cursor, chat, "toggle")
  map("za", "show or hide details", fold_at_cursor, chat, "toggle")
  map("zR", "show all details", chat.view.fold_all, chat.view, "open")
  map("zM", "hide all details", chat.view.fold_all, chat.view, "close")
end

return M
