-- Files that a tool edited while they are open: they are read again, unless that would lose what
-- the user has not saved.

local diff = require("sidestream.diff")
local events = require("sidestream.events")
local notify = require("sidestream.notify")

local M = {}

-- Buffers that differ from their changed files.
---@type table<integer, true>
local conflicts = {}

--- The buffer that has a file.
---@param path string
---@return integer?
function M.buffer_of(path)
  local real = vim.uv.fs_realpath(path) or path
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_name(buffer) or ""
    if name ~= "" and vim.bo[buffer].buftype == "" and (name == path or vim.uv.fs_realpath(name) == real) then
      return buffer
    end
  end
end

---@param buffer integer
local function guard(buffer)
  if conflicts[buffer] then
    return
  end
  conflicts[buffer] = true
  local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":~:.")
  notify.warn(
    ("OpenCode changed %s on disk, and it has unsaved changes here. Yours are kept.\n"):format(name)
      .. ":Sidestream conflicts shows both; :e! takes the one on disk, :w! yours."
  )
  local function settled()
    conflicts[buffer] = nil
  end
  local settling = { "BufWritePost", "BufReadPost", "BufWipeout" }
  vim.api.nvim_create_autocmd(settling, { buffer = buffer, once = true, callback = settled })
end

-- Neovim would ask about a file that was not there before.
---@param buffer integer
local function read_again(buffer)
  local is_empty = vim.api.nvim_buf_get_offset(buffer, vim.api.nvim_buf_line_count(buffer)) <= 1
  vim.api.nvim_buf_call(buffer, function()
    vim.cmd(is_empty and "silent edit" or "checktime " .. buffer)
  end)
end

---@param path string
function M.changed(path)
  events.emit("FileChanged", { path = path })
  local buffer = M.buffer_of(path)
  if not buffer then
    return
  elseif vim.bo[buffer].modified then
    return guard(buffer)
  end
  vim.bo[buffer].autoread = true
  read_again(buffer)
end

--- Reads again what a command in the shell may have changed, or taking back: nobody says which files those are.
function M.check()
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local is_file = vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == ""
    local is_there = is_file and vim.uv.fs_stat(vim.api.nvim_buf_get_name(buffer)) ~= nil
    if is_there and not vim.bo[buffer].modified and vim.o.autoread then
      read_again(buffer)
    end
  end
end

--- Shows each buffer with unsaved changes beside what a tool wrote to its file.
function M.conflicts()
  local buffer = next(conflicts)
  if not buffer then
    return notify.info("No file was changed in both places.")
  end
  local path = vim.api.nvim_buf_get_name(buffer)
  local disk = vim.uv.fs_stat(path) and table.concat(vim.fn.readfile(path), "\n") or ""
  diff.show(path, disk, "on disk", "yours")
end

return M
