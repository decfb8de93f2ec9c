-- What was sent before, kept over restarts of Neovim.

local M = {}

local LENGTH = 200

---@return string
local function path()
  return vim.fs.joinpath(vim.fn.stdpath("state") --[[@as string]], "sidestream", "history.json")
end

--- Read each time: another Neovim may have added something meanwhile.
---@return string[] oldest first
function M.entries()
  return vim.F.npcall(vim.json.decode, vim.F.npcall(vim.fn.readblob, path())) or {}
end

---@param text string
function M.add(text)
  local all = M.entries()
  if vim.trim(text) == "" or all[#all] == text then
    return
  end
  table.insert(all, text)
  all = vim.list_slice(all, math.max(1, #all - LENGTH + 1))
  -- A history that cannot be written is no reason to bother someone who sends a prompt.
  pcall(function()
    vim.fn.mkdir(vim.fs.dirname(path()), "p", "0o700")
    local temporary = ("%s.%d"):format(path(), vim.uv.os_getpid())
    vim.fn.writefile({ vim.json.encode(all) }, temporary)
    assert(os.rename(temporary, path()))
  end)
end

return M
