-- What goes along with a prompt: files, lines, diagnostics, the quickfix list, images. Each is a chip
-- above the prompt, to be seen and taken away again.

local notify = require("sidestream.notify")

local M = {}

---@class sidestream.Chip
---@field label string
---@field parts sidestream.PromptPart[]

---@param path string
---@return string
local function short(path)
  return vim.fn.fnamemodify(path, ":~:.")
end

-- The window that the user was in before the panel.
---@return integer buffer
local function source()
  local function is_file(buffer)
    return vim.bo[buffer].buftype == "" and vim.api.nvim_buf_get_name(buffer) ~= ""
  end
  local current = vim.api.nvim_get_current_buf()
  if is_file(current) then
    return current
  end
  local before = vim.fn.win_getid(vim.fn.winnr("#"))
  if before ~= 0 and is_file(vim.api.nvim_win_get_buf(before)) then
    return vim.api.nvim_win_get_buf(before)
  end
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if is_file(vim.api.nvim_win_get_buf(window)) then
      return vim.api.nvim_win_get_buf(window)
    end
  end
  return current
end

--- Lines of a buffer as they are now, saved or not.
---@param buffer integer
---@param first integer
---@param last integer
---@return sidestream.Chip
function M.lines(buffer, first, last)
  buffer = buffer == 0 and vim.api.nvim_get_current_buf() or buffer
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
  local name = vim.api.nvim_buf_get_name(buffer)
  if name == "" or vim.bo[buffer].buftype ~= "" then
    return nil
  elseif vim.bo[buffer].modified then
    -- OpenCode would read what is on disk.
    local chip = M.lines(buffer, 1, vim.api.nvim_buf_line_count(buffer))
    chip.label = short(name) .. " (unsaved)"
    return chip
  end
  return { label = short(name), parts = { { type = "file", path = name } } }
end

---@return sidestream.Chip?
local function diagnostics()
  local buffer = source()
  local name = short(vim.api.nvim_buf_get_name(buffer))
  local lines = {}
  for _, found in ipairs(vim.diagnostic.get(buffer)) do
    local names = vim.diagnostic.severity --[[@as table<integer, string>]]
    local severity = names[found.severity] or "INFO"
    table.insert(lines, ("%s:%d:%d: %s: %s"):format(name, found.lnum + 1, found.col + 1, severity, found.message))
  end
  if #lines == 0 then
    return nil
  end
  local text = "Diagnostics of " .. name .. ":\n" .. table.concat(lines, "\n")
  return { label = ("%d diagnostics of %s"):format(#lines, name), parts = { { type = "text", text = text } } }
end

---@return sidestream.Chip?
local function quickfix()
  local lines = {}
  for _, item in ipairs(vim.fn.getqflist()) do
    local name = item.bufnr > 0 and short(vim.api.nvim_buf_get_name(item.bufnr)) or ""
    table.insert(lines, ("%s:%d:%d: %s"):format(name, item.lnum, item.col, item.text))
  end
  if #lines == 0 then
    return nil
  end
  local text = "The quickfix list:\n" .. table.concat(lines, "\n")
  return { label = ("quickfix (%d)"):format(#lines), parts = { { type = "text", text = text } } }
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
      local ok, done = pcall(function()
        return vim.system(command, { text = false, timeout = 2000 }):wait()
      end)
      if ok and done.code == 0 and done.stdout and done.stdout:sub(2, 4) == "PNG" then
        local part = { type = "image", mime = "image/png", data = vim.base64.encode(done.stdout) }
        return { label = ("image (%d kB)"):format(math.ceil(#done.stdout / 1024)), parts = { part } }
      end
    end
  end
  return nil
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

--- An image goes to the prompt as a chip; anything else is pasted as the key did before.
---@param prompt sidestream.Prompt
function M.paste_image(prompt)
  M.add("image", prompt)
end

--- Lets the user attach something, or take something away.
---@param prompt sidestream.Prompt
function M.pick(prompt)
  local choices = {}
  for index, chip in ipairs(prompt.chips) do
    table.insert(choices, {
      label = "remove " .. chip.label,
      run = function()
        prompt:remove_chip(index)
      end,
    })
  end
  for _, kind in ipairs({ "file", "diagnostics", "quickfix", "image" }) do
    table.insert(choices, {
      label = "attach " .. kind,
      run = function()
        M.add(kind, prompt)
      end,
    })
  end
  vim.ui.select(choices, {
    prompt = "Context",
    format_item = function(choice)
      return choice.label
    end,
  }, function(choice)
    if choice then
      choice.run()
    end
  end)
end

--- What the server wants added to the prompt, as a code action asked.
---@param prompt sidestream.Prompt
---@param parts sidestream.PromptPart[]
function M.add_parts(prompt, parts)
  for _, part in ipairs(parts) do
    local label = part.type
    if part.path then
      label = short(part.path)
      if part.range then
        label = ("%s:%d-%d"):format(label, part.range.start, part.range["end"])
      end
    elseif part.text then
      label = part.text:match("^[^\n]*"):sub(1, 40)
    elseif part.name then
      label = "@" .. part.name
    end
    prompt:attach_chip({ label = label, parts = { part } })
  end
end

return M
