-- What the model changed in files: the quickfix list of it, Neovim's own diffs of each file, and the ways
-- back, for a file or for the session.

local client = require("sidestream.client")
local notify = require("sidestream.notify")
local patches = require("sidestream.patch")

local M = {}

---@class sidestream.Review
---@field directory string
---@field files sidestream.FileDiff[] left to look at
---@field index integer
---@field tab? integer

---@type sidestream.Review?
local review

-- The newest prompt at or above the cursor; with the cursor elsewhere, the newest of all.
---@param chat sidestream.Chat
---@return sidestream.Message?
local function prompt_at_cursor(chat)
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

---@param path string
---@return string
local function full(path)
  return vim.startswith(path, "/") and path or vim.fs.joinpath(review and review.directory or "", path)
end

---@param files sidestream.FileDiff[]
local function fill_quickfix(files)
  local items = {}
  for _, file in ipairs(files) do
    for _, hunk in ipairs(patches.hunks(file.patch)) do
      local text = hunk.new[1] or hunk.old[1] or ""
      table.insert(items, { filename = full(file.path), lnum = math.max(1, hunk.start), text = vim.trim(text) })
    end
  end
  vim.fn.setqflist({}, " ", { title = "Sidestream: changes", items = items })
end

---@param path string
---@return string[] lines none for a file that is not there
local function lines_of(path)
  local buffer = vim.fn.bufnr("^" .. vim.fn.escape(path, "[]*?\\") .. "$")
  if buffer ~= -1 and vim.api.nvim_buf_is_loaded(buffer) then
    return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  end
  return vim.uv.fs_stat(path) and vim.fn.readfile(path) or {}
end

-- The file before, beside the file now.
local function show()
  if not review or not review.files[review.index] then
    return
  end
  local file = review.files[review.index]
  local path = full(file.path)
  if review.tab and vim.api.nvim_tabpage_is_valid(review.tab) then
    vim.api.nvim_set_current_tabpage(review.tab)
    vim.cmd("silent only")
    vim.cmd.diffoff()
    vim.cmd.edit(vim.fn.fnameescape(path))
  else
    vim.cmd.tabedit(vim.fn.fnameescape(path))
    review.tab = vim.api.nvim_get_current_tabpage()
  end
  local filetype = vim.bo.filetype
  local before = patches.before(lines_of(path), file.patch)
  if not before then
    notify.warn(("%s was changed since; what it was before cannot be shown."):format(file.path))
    return
  end
  vim.cmd.diffthis()
  local scratch = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(scratch, 0, -1, false, before)
  pcall(vim.api.nvim_buf_set_name, scratch, ("sidestream://before/%d/%s"):format(scratch, file.path))
  vim.bo[scratch].bufhidden = "wipe"
  vim.bo[scratch].filetype = filetype
  vim.bo[scratch].modifiable = false
  local window = vim.api.nvim_open_win(scratch, false, { split = "left", win = 0 })
  vim.api.nvim_win_call(window, vim.cmd.diffthis)
  vim.wo[0].winbar = (" %s +%d -%d (%d of %d)  :Sidestream accept · restore · next"):format(
    file.path,
    file.additions,
    file.deletions,
    review.index,
    #review.files
  )
end

--- Shows what the last turn changed, or with "all" the whole session.
---@param rest string
function M.open(rest)
  local chat = require("sidestream.panel").chat()
  if not chat or not chat.session_id then
    return notify.warn("No session is shown, so there is nothing to review.")
  end
  local message = rest ~= "all" and prompt_at_cursor(chat) or nil
  client.call("session/diff", chat:params({ messageId = message and message.id }), function(result)
    if #result.files == 0 then
      return notify.info(rest == "all" and "This session changed no files." or "The last turn changed no files.")
    end
    review = { directory = chat.directory, files = result.files, index = 1 }
    fill_quickfix(result.files)
    show()
  end)
end

--- Goes to the next file, and to the first after the last.
function M.next()
  if not review or #review.files == 0 then
    return notify.info("There is nothing to review. :Sidestream review begins.")
  end
  review.index = review.index % #review.files + 1
  show()
end

-- A file that has been dealt with is not shown again.
local function done()
  if not review then
    return
  end
  table.remove(review.files, review.index)
  fill_quickfix(review.files)
  if #review.files == 0 then
    if review.tab and vim.api.nvim_tabpage_is_valid(review.tab) and #vim.api.nvim_list_tabpages() > 1 then
      vim.cmd.tabclose(vim.api.nvim_tabpage_get_number(review.tab))
    end
    review = nil
    return notify.info("All files are reviewed.")
  end
  review.index = math.min(review.index, #review.files)
  show()
end

--- Keeps the file as it is now.
function M.accept()
  if not review then
    return notify.info("There is nothing to review. :Sidestream review begins.")
  end
  done()
end

--- Takes the file back to what it was before; nothing that was typed since is lost.
function M.restore()
  local file = review and review.files[review.index]
  if not file then
    return notify.info("There is nothing to review. :Sidestream review begins.")
  end
  local path = full(file.path)
  local buffer = vim.fn.bufadd(path)
  vim.fn.bufload(buffer)
  if vim.bo[buffer].modified then
    return notify.warn(("%s has unsaved changes. Save or undo them, then restore it."):format(file.path))
  end
  local before = patches.before(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), file.patch)
  if not before then
    return notify.warn(("%s was changed since, and cannot be restored as a whole."):format(file.path))
  end
  if #before == 0 and file.status == "added" then
    vim.api.nvim_buf_delete(buffer, { force = true })
    os.remove(path)
  else
    vim.api.nvim_buf_set_lines(buffer, 0, -1, false, before)
    vim.api.nvim_buf_call(buffer, function()
      vim.cmd("silent write")
    end)
  end
  done()
end

--- Takes the session and its files back to before a prompt: the one under the cursor, or the last.
function M.revert()
  local chat = require("sidestream.panel").chat()
  local message = chat and chat.session_id and prompt_at_cursor(chat)
  if not chat or not message then
    return notify.warn("There is no prompt to go back to.")
  end
  local words = {}
  for _, part in ipairs(message.parts) do
    if part.type == "text" and not part.synthetic then
      table.insert(words, part.text)
    end
  end
  local text = table.concat(words, "\n")
  local question = ("Take the session and its files back to before “%s”?"):format(text:match("^[^\n]*"):sub(1, 60))
  if vim.fn.confirm(question, "&Revert\n&Keep", 2) ~= 1 then
    return
  end
  client.call("session/revert", chat:params({ messageId = message.id }), function(result)
    if vim.trim(chat.prompt:text()) == "" then
      chat.prompt:set_text(text)
    end
    notify.info(("Reverted, with %d files. :Sidestream unrevert undoes it."):format(#(result.files or {})))
  end)
end

return M
