-- What was sent before, kept over restarts of Neovim.

local M = {}

local LENGTH = 200

---@type string[]?
local entries

---@return string
local function path()
  return vim.fs.joinpath(vim.fn.stdpath("state") --[[@as string]], "sidestream", "history.json")
end

---@return string[] oldest first
function M.entries()
  if not entries then
    entries = {}
    local file = io.open(path(), "r")
    if file then
      local ok, read = pcall(vim.json.decode, file:read("*a"))
      file:close()
      if ok and type(read) == "table" then
        entries = vim.tbl_filter(function(entry)
          return type(entry) == "string"
        end, read)
      end
    end
  end
  return entries
end

---@param text string
function M.add(text)
  local all = M.entries()
  if text == "" or all[#all] == text then
    return
  end
  table.insert(all, text)
  while #all > LENGTH do
    table.remove(all, 1)
  end
  -- A history that cannot be written is no reason to bother someone who sends a prompt.
  pcall(function()
    vim.fn.mkdir(vim.fs.dirname(path()), "p", tonumber("700", 8))
    local temporary = ("%s.%d"):format(path(), vim.uv.os_getpid())
    local file = assert(io.open(temporary, "w"))
    file:write(vim.json.encode(all))
    file:close()
    assert(os.rename(temporary, path()))
  end)
end

return M
