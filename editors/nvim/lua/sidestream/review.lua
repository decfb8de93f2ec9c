-- What the model changed in files: the quickfix list of it, Neovim's own diffs of each file,
-- and the ways back, for a file or for the session.

local client = require("sidestream.client")
local diff = require("sidestream.diff")
local files = require("sidestream.files")
local notify = require("sidestream.notify")
local panel = require("sidestream.panel")
local sanitize = require("sidestream.view.sanitize")

local M = {}

---@class sidestream.Review
---@field chat sidestream.Chat
---@field files sidestream.FileDiff[] left to look at
---@field comparisons sidestream.FileComparison[] of the same files
---@field index integer

---@type sidestream.Review?
local review

-- The review that is under way; says so if there is none.
---@return sidestream.Review?
local function current()
  if not review then
    notify.info("There is nothing to review. :Sidestream review begins.")
  end
  return review
end

local function show_current()
  local it = current()
  if it then
    local file, comparison = it.files[it.index], it.comparisons[it.index]
    local title = ("%s +%d -%d (%d of %d)"):format(file.path, file.additions, file.deletions, it.index, #it.files)
    if comparison.complete then
      diff.show(comparison.path, comparison.before, "before · :Sidestream accept, restore or next", title)
    else
      title = title .. "  changed since: only the places that are known"
      diff.show(comparison.path, comparison.before, "before", title, comparison.after)
    end
  end
end

local function fill_quickfix()
  local items = {}
  for _, comparison in ipairs(review and review.comparisons or {}) do
    for _, place in ipairs(comparison.places) do
      table.insert(items, { filename = comparison.path, lnum = place.line, text = vim.trim(place.text) })
    end
  end
  vim.fn.setqflist({}, " ", { title = "Sidestream: changes", items = items })
end

--- A session's changes ----------------------------------------------------------

-- The newest prompt at or above the cursor; with the cursor elsewhere, the newest of all.
---@param chat sidestream.Chat
---@param status? sidestream.MessageStatus
---@return sidestream.Message?
local function prompt_at_cursor(chat, status)
  local is_here = vim.api.nvim_get_current_buf() == chat.buffer
  local row = is_here and vim.api.nvim_win_get_cursor(0)[1] - 1 or math.huge
  local found
  for _, section in ipairs(chat.view.sections) do
    local message = section.messages[1]
    local fits = message and message.role == "user" and (not status or message.status == status)
    if section.mark and fits and (chat.view:row(section) <= row or not found) then
      found = message
    end
  end
  return found
end

--- Shows what the last turn changed, or with "all" the whole session.
---@param rest string
function M.open(rest)
  local chat = panel.chat()
  if not chat or not chat.session_id then
    return notify.warn("No session is shown, so there is nothing to review.")
  end
  local message = rest ~= "all" and prompt_at_cursor(chat) or nil
  client.call("session/diff", chat:params({ messageId = message and message.id }), function(result)
    if #result.files == 0 then
      return notify.info(rest == "all" and "This session changed no files." or "The last turn changed no files.")
    end
    diff.compare(chat.instance_id, "made", result.files, function(comparisons)
      review = { chat = chat, files = result.files, comparisons = comparisons, index = 1 }
      fill_quickfix()
      show_current()
    end)
  end)
end

--- Goes to the next file, and to the first after the last.
function M.next()
  if review then
    review.index = review.index % #review.files + 1
  end
  show_current()
end

--- Keeps the file as it is now; it is not shown again.
function M.accept()
  local it = current()
  if not it then
    return
  end
  table.remove(it.files, it.index)
  table.remove(it.comparisons, it.index)
  fill_quickfix()
  if #it.files == 0 then
    review = nil
    diff.close()
    return notify.info("All files are reviewed.")
  end
  it.index = math.min(it.index, #it.files)
  show_current()
end

--- Takes the file back to what it was before; nothing that was typed since is lost.
function M.restore()
  local it = current()
  local file = it and it.files[it.index]
  if not it or not file then
    return
  end
  diff.compare(it.chat.instance_id, "made", { file }, function(comparisons)
    local comparison = comparisons[1]
    local buffer = files.buffer_of(comparison.path)
    if buffer and vim.bo[buffer].modified then
      return notify.warn(("%s has unsaved changes. Save or undo them, then restore it."):format(file.path))
    elseif not comparison.complete then
      return notify.warn(("%s was changed since, and cannot be restored as a whole."):format(file.path))
    elseif file.status == "added" then
      os.remove(comparison.path)
      if buffer then
        vim.api.nvim_buf_delete(buffer, { force = true })
      end
    else
      vim.fn.mkdir(vim.fs.dirname(comparison.path), "p")
      local text = (comparison.byteOrderMark and "\239\187\191" or "") .. comparison.before
      vim.fn.writefile(vim.split(text, "\n", { plain = true }), comparison.path, "b")
      files.changed(comparison.path)
    end
    M.accept()
  end)
end

-- What the user wrote of a prompt.
---@param message sidestream.Message
---@return string
local function text_of(message)
  local text = vim.iter(message.parts):find(function(part)
    return part.type == "text" and not part.synthetic
  end)
  return text and text.text or ""
end

--- Takes the session and its files back to before a prompt: the one under the cursor, or the last.
function M.revert()
  local chat = panel.chat()
  local message = chat and chat.session_id and prompt_at_cursor(chat)
  if not chat or not message then
    return notify.warn("There is no prompt to go back to.")
  end
  local text = text_of(message)
  local question = ("Take the session and its files back to before “%s”?"):format(sanitize.head(text, 60))
  if vim.fn.confirm(question, "&Revert\n&Keep", 2) ~= 1 then
    return
  end
  client.call("session/revert", chat:params({ messageId = message.id }), function(result)
    files.check()
    if vim.trim(chat.prompt:text()) == "" then
      chat.prompt:set_text(text)
    end
    notify.info(("Reverted, with %d files. :Sidestream unrevert undoes it."):format(#result.files))
  end)
end

--- Takes a queued prompt back into the prompt's buffer: the one under the cursor, or the last.
function M.unqueue()
  local chat = panel.chat()
  local message = chat and chat.session_id and prompt_at_cursor(chat, "queued")
  if not chat or not message then
    return notify.info("No prompt is queued.")
  end
  client.call("session/cancelQueued", chat:params({ messageId = message.id }), function()
    chat.prompt:give_back(text_of(message))
  end)
end

return M
