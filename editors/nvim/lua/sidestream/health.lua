-- `:checkhealth sidestream`: each thing that has to be right, and what to do where it is not.

local client = require("sidestream.client")
local config = require("sidestream.config")
local state = require("sidestream.state")

local M = {}

---@param id integer
---@return string?
local function memory(id)
  local ok, done = pcall(function()
    return vim.system({ "ps", "-o", "rss=", "-p", tostring(id) }, { text = true, timeout = 1000 }):wait()
  end)
  local kilobytes = ok and tonumber(done.stdout)
  return kilobytes and ("%d MB"):format(kilobytes / 1024) or nil
end

---@param instance sidestream.Instance
local function report(instance)
  local health = vim.health
  local line = ("%s: %s"):format(instance.directory, instance.state)
  local server = instance.server
  if server then
    local about = { "OpenCode " .. (server.version or "of an unknown version"), server.dialect }
    if server.pid then
      table.insert(about, "process " .. server.pid)
      table.insert(about, memory(server.pid))
    end
    table.insert(about, server.owned and "started by Sidestream" or "attached at " .. server.url)
    line = line .. ", " .. table.concat(about, ", ")
  end
  local lost = state.reconnects[instance.id] or 0
  if lost > 0 then
    line = ("%s; the connection was lost %d times"):format(line, lost)
  end
  if instance.state == "connected" then
    health.ok(line)
  elseif instance.error then
    health.error(line .. ": " .. instance.error.message, instance.error.hint and { instance.error.hint })
  else
    health.info(line)
  end
end

function M.check()
  local health = vim.health
  health.start("Neovim")
  local version = tostring(vim.version())
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim " .. version)
  elseif vim.fn.has("nvim-0.10") == 1 then
    health.ok(("Neovim %s; completion in prompts comes by itself from 0.11 on"):format(version))
  else
    health.error(("Neovim %s is too old"):format(version), { "Install 0.10 or later." })
  end

  health.start("Settings")
  local problems = config.problems()
  for _, problem in ipairs(problems) do
    health.warn(problem)
  end
  if #problems == 0 then
    health.ok("All known")
  end

  health.start("The sidestream program")
  local command, problem = client.command()
  if not command then
    return health.error(problem or "It was not found.")
  end
  health.ok(table.concat(command, " "))
  local connection = client.connection()
  if not connection or not client.ready() then
    local run = vim.list_extend(vim.list_slice(command), { "--version" })
    local ok, done = pcall(function()
      return vim.system(run, { text = true, timeout = 5000 }):wait()
    end)
    if ok and done.code == 0 then
      health.info(vim.trim(done.stdout) .. "; not started yet, :Sidestream open does")
    else
      health.error("It does not run.", { "Run it in a terminal to see why: " .. table.concat(run, " ") })
    end
    return health.info("`sidestream doctor` in a terminal checks OpenCode, step by step.")
  end
  health.ok(("version %s, protocol %d"):format(connection.version or "unknown", client.PROTOCOL))

  health.start("OpenCode servers")
  if not next(state.instances) then
    health.info("None; :Sidestream open starts one")
  end
  for _, instance in pairs(state.instances) do
    report(instance)
  end
end

return M
