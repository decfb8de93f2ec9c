-- What goes along with a prompt: files, lines, diagnostics, the quickfix list, images. Each is a chip
-- above the prompt, to be seen and taken away again.

local menu = require("sidestream.menu")
local notify = require("sidestream.notify")
local sanitize = require("sidestream.view.sanitize")

local M = {}

---@class sidestream.Chip
---@field label string
---@field parts sidestream.PromptPart[]

---@param path string
---@return string
local function short(path)
  return vim.fn.fnamemodify(path, ":~:.")
end

-- The file that the user was in before the panel.
---@return integer? buffer
local function source()
  local windows = { vim.api.nvim_get_current_win(), vim.fn.win_getid(vim.fn.winnr("#")) }
  for _, window in ipairs(vim.list_extend(windows, vim.api.nvim_tabpage_list_wins(0))) do
    local buffer = window ~= 0 and vim.api.nvim_win_get_buf(window)
    if buffer and vim.bo[buffer].buftype == "" and vim.api.nvim_buf_get_name(buffer) ~= "" then
      return buffer
    end
  end
end

--- Lines of a buffer as they are now, saved or not.
---@param buffer integer
---@param first integer
---@param last integer
---@return sidestream.Chip
function M.lines(buffer, first, last)
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, first - 1, last, false), "\n")
  local name = vim.api.nvim_buf_get_name(buffer)
  if name == "" then
    return { label = ("%d lines"):format(last - first + 1), parts = { { type = "text", text = text } } }
  end
  local part = { type = "selection", path = name, range = { start = first, ["end"] = last }, text = text }
  return { label = ("%s:%d-%d"):format(short(name), first, last), parts = { part } }
end

---@return sidestream.Chip?
local function file()
  local buffer = source()
  if not buffer then
    return nil
  end
  local name = vim.api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].modified then
    -- OpenCode would read what is on disk.
    local chip = M.lines(buffer, 1, vim.api.nvim_buf_line_count(buffer))
    chip.label = short(name) .. " (unsaved)"
    return chip
  end
  return { label = short(name), parts = { { type = "file", path = name } } }
end

---@param label string with %d for how many there are
---@param title string
---@param lines string[]
---@return sidestream.Chip?
local function list(label, title, lines)
  if #lines > 0 then
    local text = title .. ":\n" .. table.concat(lines, "\n")
    return { label = label:format(#lines), parts = { { type = "text", text = text } } }
  end
end

---@return sidestream.Chip?
local function diagnostics()
  local buffer = source()
  local name = buffer and short(vim.api.nvim_buf_get_name(buffer)) or ""
  local severities = vim.diagnostic.severity --[[@as table<integer, string>]]
  local lines = vim.tbl_map(function(found)
    local severity = severities[found.severity] or "INFO"
    return ("%s:%d:%d: %s: %s"):format(name, found.lnum + 1, found.col + 1, severity, found.message)
  end, buffer and vim.diagnostic.get(buffer) or {})
  return list("%d diagnostics of " .. name:gsub("%%", "%%%%"), "Diagnostics of " .. name, lines)
end

---@return sidestream.Chip?
local function quickfix()
  local lines = vim.tbl_map(function(item)
    local name = item.bufnr > 0 and short(vim.api.nvim_buf_get_name(item.bufnr)) or ""
    return ("%s:%d:%d: %s"):format(name, item.lnum, item.col, item.text)
  end, vim.fn.getqflist())
  return list("quickfix (%d)", "The quickfix list", lines)
end

-- Programs that write the clipboard's image to their output.
local CLIPBOARDS = {
  { "wl-paste", "--type", "image/png" },
  { "xclip", "-selection", "clipboard", "-target", "image/png", "-out" },
  { "pngpaste", "-" },
}

---@return sidestream.Chip?
local function image()
  for _, command in ipairs(CLIPBOARDS) do
    if vim.fn.executable(command[1]) == 1 then
      local done = vim.system(command, { timeout = 2000 }):wait()
      if done.stdout and done.stdout:sub(2, 4) == "PNG" then
        local part = { type = "image", mime = "image/png", data = vim.base64.encode(done.stdout) }
        return { label = ("image (%d kB)"):format(math.ceil(#done.stdout / 1024)), parts = { part } }
      end
    end
  end
end

---@type table<string, { get: (fun(): sidestream.Chip?), none: string }>
local kinds = {
  file = { get = file, none = "There is no file to attach." },
  diagnostics = { get = diagnostics, none = "The file has no diagnostics." },
  quickfix = { get = quickfix, none = "The quickfix list is empty." },
  image = {
    get = image,
    none = "There is no image in the clipboard, or no program to read it: wl-paste, xclip or pngpaste.",
  },
}

---@param kind string
---@param prompt sidestream.Prompt
function M.add(kind, prompt)
  local known = kinds[kind]
  if not known then
    return notify.error(("`%s` cannot be attached; file, diagnostics, quickfix and image can."):format(kind))
  end
  local chip = known.get()
  if chip then
    prompt:attach_chip(chip)
  else
    notify.info(known.none)
  end
end

--- Lets the user attach something, or take something away.
---@param prompt sidestream.Prompt
function M.pick(prompt)
  local choices = {}
  for index, chip in ipairs(prompt.chips) do
    table.insert(choices, { "remove " .. chip.label, prompt.remove_chip, prompt, index })
  end
  for _, kind in ipairs({ "file", "diagnostics", "quickfix", "image" }) do
    table.insert(choices, { "attach " .. kind, M.add, kind, prompt })
  end
  menu("Context", choices)
end

--- Takes the user to the prompt, with lines attached and words to begin with.
---@param chip? sidestream.Chip
---@param text? string
function M.ask(chip, text)
  local sidestream = require("sidestream")
  sidestream.open()
  local prompt = sidestream.chat().prompt
  if chip then
    prompt:attach_chip(chip)
  end
  if text and text ~= "" then
    prompt:set_text(text)
  end
  vim.cmd.startinsert({ bang = true })
end

--- What the server wants added to the prompt, as a code action asked.
---@param prompt sidestream.Prompt
---@param parts sidestream.PromptPart[]
function M.add_parts(prompt, parts)
  for _, part in ipairs(parts) do
    local label = part.path and short(part.path) or part.name or sanitize.head(part.text or part.type, 40)
    if part.range then
      label = ("%s:%d-%d"):format(label, part.range.start, part.range["end"])
    end
    prompt:attach_chip({ label = label, parts = { part } })
  end
end

return M
