-- `:checkhealth sidestream`: each thing that has to be right, and what to do where it is not.

local client = require("sidestream.client")
local state = require("sidestream.state")

local M = {}

local health = vim.health

---@param id integer
---@return string?
local function memory(id)
  local has_ps = vim.fn.executable("ps") == 1
  local kilobytes = has_ps and tonumber(vim.fn.systemlist({ "ps", "-o", "rss=", "-p", tostring(id) })[1])
  return kilobytes and ("%d MB"):format(kilobytes / 1024)
end

---@param instance sidestream.Instance
local function check_instance(instance)
  local words = { instance.state }
  local server = instance.server
  if server then
    table.insert(words, "OpenCode " .. (server.version or "of an unknown version"))
    table.insert(words, server.dialect)
    table.insert(words, server.pid and "process " .. server.pid)
    table.insert(words, server.pid and memory(server.pid))
    table.insert(words, server.owned and "started by Sidestream" or "attached at " .. server.url)
  end
  local lost = state.reconnects[instance.id]
  table.insert(words, lost and ("the connection was lost %d times"):format(lost))
  local line = instance.directory .. ": " .. table.concat(words, ", ")
  if instance.state == "connected" then
    health.ok(line)
  elseif instance.error then
    health.error(line .. ": " .. instance.error.message, { instance.error.hint })
  else
    health.info(line)
  end
end

local function check_program()
  health.start("The sidestream program")
  local command, problem = client.command()
  local connection = client.connection()
  if not command then
    health.error(problem or "It was not found.")
  elseif connection and connection.client then
    health.ok(("%s, version %s, protocol %d"):format(command[1], connection.version or "unknown", client.PROTOCOL))
  else
    local version = vim.fn.systemlist(vim.list_extend(vim.list_slice(command), { "--version" }))[1]
    if vim.v.shell_error == 0 then
      health.ok(("%s, %s; not started yet, :Sidestream open does"):format(command[1], version or ""))
    else
      health.error("It does not run.", { "Run it in a terminal to see why: " .. table.concat(command, " ") })
    end
    health.info("`sidestream doctor` in a terminal checks OpenCode, step by step.")
  end
end

function M.check()
  check_program()
  health.start("OpenCode servers")
  if not next(state.instances) then
    health.info("None; :Sidestream open starts one")
  end
  vim.iter(vim.tbl_values(state.instances)):each(check_instance)
end

return M
