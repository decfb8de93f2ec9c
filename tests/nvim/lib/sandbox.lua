-- A small world for each test file: folders, a home, a scripted model, and the certainty that every
-- process in it ends with it.

local M = {}

local MARK = "SIDESTREAM_TEST_SANDBOX"

---@class Sandbox
---@field path string
---@field project string
---@field environment table<string, string> for Neovim and what it starts
---@field model_environment table<string, string> for OpenCode
local Sandbox = {}
Sandbox.__index = Sandbox

---@return string
function M.repository()
  return vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h:h:h"))
end

---@return string
function M.server()
  local named = vim.env.SIDESTREAM_BIN
  return named and named ~= "" and named or M.repository() .. "/target/debug/sidestream"
end

---@param folder string
---@return table<string, string> environment, integer job
local function start_model(folder)
  local output = {}
  local job = vim.fn.jobstart({ M.server(), "scripted-model", folder .. "/opencode" }, {
    env = { [MARK] = folder, HOME = folder .. "/home" },
    on_stdout = function(_, lines)
      vim.list_extend(output, lines)
    end,
  })
  assert(job > 0, "the scripted model cannot be started: " .. M.server())
  local environment
  assert(
    vim.wait(10000, function()
      local ok, answer = pcall(vim.json.decode, table.concat(output))
      environment = ok and (answer.env or answer)
      return ok
    end, 5),
    "the scripted model said nothing"
  )
  return environment, job
end

---@return Sandbox
function M.new()
  local path = assert(vim.uv.fs_realpath(assert(vim.uv.fs_mkdtemp("/tmp/sidestream-nvim-XXXXXX"))))
  local sandbox = setmetatable({ path = path, project = path .. "/project", jobs = {} }, Sandbox)
  for _, folder in ipairs({ "home", "project", "config", "data", "state", "cache", "bin" }) do
    vim.fn.mkdir(path .. "/" .. folder, "p")
  end
  sandbox:write("notes.txt", "one\n")
  sandbox:write("main.lua", "local answer = 41\nreturn answer\n")
  for _, command in ipairs({
    { "init", "--quiet" },
    { "add", "." },
    { "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "first" },
  }) do
    local done = vim.system(vim.list_extend({ "git" }, command), { cwd = sandbox.project }):wait()
    assert(done.code == 0, done.stderr)
  end
  local model, job = start_model(path)
  table.insert(sandbox.jobs, job)
  sandbox.environment = {
    HOME = path .. "/home",
    PATH = path .. "/bin:" .. vim.env.PATH,
    XDG_CONFIG_HOME = path .. "/config",
    XDG_DATA_HOME = path .. "/data",
    XDG_STATE_HOME = path .. "/state",
    XDG_CACHE_HOME = path .. "/cache",
    XDG_RUNTIME_DIR = path,
    TERM = "xterm-256color",
    NVIM = "",
    NVIM_LISTEN_ADDRESS = "",
    [MARK] = path,
  }
  sandbox.model_environment = model
  return sandbox
end

---@param name string
---@param text string
---@return string path
function Sandbox:write(name, text)
  local path = self.project .. "/" .. name
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

--- A program that Neovim and what it starts find before those of the machine.
---@param name string
---@param text string of a shell script
---@return string path
function Sandbox:program(name, text)
  local path = self.path .. "/bin/" .. name
  vim.fn.writefile(vim.split("#!/bin/sh\n" .. text, "\n"), path)
  vim.uv.fs_chmod(path, tonumber("755", 8))
  return path
end

---@param name string
---@return string
function Sandbox:read(name)
  local file = assert(io.open(self.project .. "/" .. name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

--- What runs in here: process id -> command line.
---@return table<integer, string>
function Sandbox:processes()
  local found = {}
  for name in vim.fs.dir("/proc") do
    local id = tonumber(name)
    local file = id and io.open(("/proc/%d/environ"):format(id), "rb")
    if file then
      local environment = file:read("*a") or ""
      file:close()
      if ("\0" .. environment):find("\0" .. MARK .. "=" .. self.path .. "\0", 1, true) then
        local command = io.open(("/proc/%d/cmdline"):format(id), "rb")
        found[id] = command and command:read("*a"):gsub("%z", " ") or ""
        if command then
          command:close()
        end
      end
    end
  end
  return found
end

--- The ids of processes whose command line has a text.
---@param text string
---@return integer[]
function Sandbox:running(text)
  local ids = {}
  for id, command in pairs(self:processes()) do
    if command:find(text, 1, true) then
      table.insert(ids, id)
    end
  end
  table.sort(ids)
  return ids
end

function Sandbox:close()
  for _, job in ipairs(self.jobs) do
    pcall(vim.fn.jobstop, job)
  end
  -- What is being started meanwhile is found in the next round.
  while true do
    local left = self:processes()
    if not next(left) then
      break
    end
    for id in pairs(left) do
      pcall(vim.uv.kill, id, "sigkill")
    end
    vim.wait(20)
  end
  vim.fn.delete(self.path, "rf")
end

return M
