-- What goes along with a prompt: files, lines, diagnostics, the quickfix list, images. Each is named above the
-- prompt, to be seen and taken away again.

local notify = require("sidestream.notify")
local sanitize = require("sidestream.view.sanitize")

local M = {}

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

--- What a part is called above the prompt.
---@param part sidestream.PromptPart
---@return string
function M.label(part)
  if part.type == "image" then
    return ("image (%d kB)"):format(math.ceil(#part.data * 3 / 4 / 1024))
  end
  local name = part.path and short(part.path) or part.name or sanitize.head(part.text or part.type, 40)
  if part.type == "diagnostics" then
    return ("%d diagnostics of %s"):format(#part.items, name)
  end
  return part.range and ("%s:%d-%d"):format(name, part.range.start, part.range["end"]) or name
end

--- Lines of a buffer as they are now, saved or not.
---@param buffer integer
---@param first integer
---@param last integer
---@return sidestream.PromptPart
function M.lines(buffer, first, last)
  local text = table.concat(vim.api.nvim_buf_get_lines(buffer, first - 1, last, false), "\n")
  local name = vim.api.nvim_buf_get_name(buffer)
  if name == "" then
    return { type = "text", text = text }
  end
  return { type = "selection", path = name, range = { start = first, ["end"] = last }, text = text }
end

---@return sidestream.PromptPart?
local function file()
  local buffer = source()
  if buffer and vim.bo[buffer].modified then
    -- OpenCode would read what is on disk.
    return M.lines(buffer, 1, vim.api.nvim_buf_line_count(buffer))
  end
  return buffer and { type = "file", path = vim.api.nvim_buf_get_name(buffer) }
end

---@type table<integer, sidestream.Severity>
local SEVERITIES = { "error", "warning", "information", "hint" }

---@return sidestream.PromptPart?
local function diagnostics()
  local buffer = source()
  local items = vim.tbl_map(function(it)
    return { line = it.lnum + 1, severity = SEVERITIES[it.severity], message = it.message, source = it.source }
  end, buffer and vim.diagnostic.get(buffer) or {})
  return buffer and #items > 0 and { type = "diagnostics", path = vim.api.nvim_buf_get_name(buffer), items = items }
    or nil
end

---@return sidestream.PromptPart?
local function quickfix()
  local lines = vim.tbl_map(function(item)
    local name = item.bufnr > 0 and short(vim.api.nvim_buf_get_name(item.bufnr)) or ""
    return ("%s:%d:%d: %s"):format(name, item.lnum, item.col, item.text)
  end, vim.fn.getqflist())
  return #lines > 0 and { type = "text", text = "The quickfix list:\n" .. table.concat(lines, "\n") } or nil
end

-- Programs that write the clipboard's image to their output.
local CLIPBOARDS = {
  { "wl-paste", "--type", "image/png" },
  { "xclip", "-selection", "clipboard", "-target", "image/png", "-out" },
  { "pngpaste", "-" },
}

-- Asks one program after the other; a clipboard's owner may be slow to answer.
---@param done fun(part: sidestream.PromptPart?)
---@param index? integer
local function image(done, index)
  local command = CLIPBOARDS[index or 1]
  local function answered(result)
    if result and result.stdout and result.stdout:sub(2, 4) == "PNG" then
      done({ type = "image", mime = "image/png", data = vim.base64.encode(result.stdout) })
    else
      image(done, (index or 1) + 1)
    end
  end
  if not command then
    done()
  elseif vim.fn.executable(command[1]) == 1 then
    vim.system(command, { timeout = 2000 }, vim.schedule_wrap(answered))
  else
    answered()
  end
end

M.KINDS = { "file", "diagnostics", "quickfix", "image" }

-- Why there is nothing to attach.
---@type table<string, string>
local NONE = {
  file = "There is no file to attach.",
  diagnostics = "The file has no diagnostics.",
  quickfix = "The quickfix list is empty.",
  image = "There is no image in the clipboard, or no program to read it: wl-paste, xclip or pngpaste.",
}

---@param kind string
---@param prompt sidestream.Prompt
function M.add(kind, prompt)
  local function add(part)
    if part then
      prompt:add(part)
    else
      notify.info(NONE[kind])
    end
  end
  if kind == "image" then
    image(add)
  elseif NONE[kind] then
    add((kind == "file" and file or kind == "diagnostics" and diagnostics or quickfix)())
  else
    notify.error(("`%s` cannot be attached; %s can."):format(kind, table.concat(M.KINDS, ", ")))
  end
end

--- Lets the user attach something, or take something away.
function M.pick()
  local prompt, choices = require("sidestream").chat().prompt, {}
  for index, part in ipairs(prompt.attached) do
    table.insert(choices, { "remove " .. M.label(part), prompt.remove, prompt, index })
  end
  for _, kind in ipairs(M.KINDS) do
    table.insert(choices, { "attach " .. kind, M.add, kind, prompt })
  end
  notify.menu("Context", choices)
end

--- Takes the user to the prompt, with lines attached and words to begin with.
---@param part? sidestream.PromptPart
---@param text? string
function M.ask(part, text)
  local sidestream = require("sidestream")
  sidestream.open()
  local prompt = sidestream.chat().prompt
  if part then
    prompt:add(part)
  end
  if text and text ~= "" then
    prompt:set_text(text)
  end
  vim.cmd.startinsert({ bang = true })
end

return M
