-- Text from outside, made fit for a buffer's lines. Pure.

local M = {}

--- Carriage returns, terminal escapes and other controls go; tabs and line feeds stay.
---@param text string
---@return string
function M.text(text)
  if not text:find("[%z\1-\8\11-\31\127]") then
    return text
  end
  return (
    text
      :gsub("\27%][^\7\27]*[\7\27]\\?", "")
      :gsub("\27%[[0-9;:?<=>]*[ -/]*[@-~]", "")
      :gsub("\27[ -/]*[0-~]", "")
      :gsub("\r\n", "\n")
      :gsub("\r", "\n")
      :gsub("[%z\1-\8\11-\31\127]", "")
  )
end

--- The same for text that comes in pieces: what may be the first half of something stays behind.
---@param text string
---@return string ready, string kept
function M.piece(text)
  local kept = text:match("\27[^\7%a]*$") or text:match("\r$") or ""
  if #kept > 64 then
    kept = ""
  end
  return M.text(text:sub(1, #text - #kept)), kept
end

--- One line of it, for titles.
---@param text string
---@return string
function M.line(text)
  return (M.text(text):gsub("%s*\n%s*", " "))
end

--- The beginning of a line.
---@param text string
---@param characters integer
---@return string
function M.head(text, characters)
  return vim.fn.strcharpart(M.line(text), 0, characters)
end

---@param text string
---@return string[]
function M.lines(text)
  return vim.split(M.text(text), "\n", { plain = true })
end

return M
