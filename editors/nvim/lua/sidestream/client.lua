-- The connection to the `sidestream` program: finds it, starts it as one language client for all
-- folders, checks its version, and passes messages on. Knows no sessions.

local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")

local M = {}

M.NAME = "sidestream"
M.PROTOCOL = 1

-- A program that ends more often than this in a minute is not started again by itself.
local RESTARTS = 3

-- What the server tells without being asked; all of it is handed to `on_notification`.
local NOTIFICATIONS = {
  "instance/didChange",
  "instance/didClose",
  "instance/didLog",
  "session/didChange",
  "session/didRemove",
  "session/didReset",
  "message/didChange",
  "message/didRemove",
  "part/didChange",
  "part/didAppend",
  "part/didRemove",
  "todo/didChange",
  "permission/didAsk",
  "permission/didResolve",
  "question/didAsk",
  "question/didResolve",
  "catalog/didChange",
  "prompt/didAdd",
  "file/didChange",
}

---@class sidestream.Connection
---@field id? integer the language client's
---@field client? vim.lsp.Client when it is ready
---@field version? string the server's
---@field stopping? boolean its end is wanted
---@field waiters (fun(problem: string?))[]

---@type sidestream.Connection?
local connection
---@type integer[]
local starts = {}

--- Set by init.lua, so that this file depends on nothing above it.
---@type fun(method: string, params: table)
M.on_notification = function() end
---@type fun(expected: boolean)
M.on_exit = function() end

---@return string[]? command, string? problem
function M.command()
  local configured = config.get().command
  if configured then
    if configured[1] and vim.fn.executable(configured[1]) == 1 then
      return configured
    end
    local problem = "`%s`, the `command` in your Sidestream settings, cannot be run.\n"
      .. "Correct it, or remove it to have it found by itself."
    return nil, problem:format(configured[1] or "")
  end
  local on_path = vim.fn.exepath("sidestream")
  if on_path ~= "" then
    return { on_path }
  end
  local source = debug.getinfo(1, "S").source:sub(2)
  local repository = vim.fn.fnamemodify(vim.uv.fs_realpath(source) or source, ":h:h:h:h:h")
  for _, profile in ipairs({ "release", "debug" }) do
    local built = vim.fs.joinpath(repository, "target", profile, "sidestream")
    if vim.fn.executable(built) == 1 then
      return { built }
    end
  end
  return nil,
    "The program `sidestream` was not found.\n"
      .. "Build it with `cargo install --path server` in Sidestream's repository,"
      .. ' or name it: vim.g.sidestream = { command = { "/path/to/sidestream" } }'
end

---@param problem? string
local function wake(problem)
  local waiters = connection and connection.waiters or {}
  if connection then
    connection.waiters = {}
  end
  for _, waiter in ipairs(waiters) do
    waiter(problem)
  end
end

-- An older or newer program is told apart from a broken one.
---@param client vim.lsp.Client
---@param answer table
---@param program string
local function shake_hands(client, answer, program)
  local capabilities = answer.capabilities or {}
  local ours = (capabilities.experimental or {}).sidestream or {}
  local info = answer.serverInfo or {}
  if ours.protocolVersion ~= M.PROTOCOL then
    local speaks = ours.protocolVersion and ("speaks version %s of its protocol"):format(ours.protocolVersion)
      or "is not a Sidestream server"
    local problem = ("`%s` (%s %s) %s; this plugin needs version %d.\nUpdate the older of the two."):format(
      program,
      info.name or "unknown",
      info.version or "without a version",
      speaks,
      M.PROTOCOL
    )
    connection.stopping = true
    wake(problem)
    ---@diagnostic disable-next-line: deprecated
    vim.lsp.stop_client(client.id, true)
    return
  end
  connection.client = client
  connection.version = info.version
  wake()
  events.emit("Ready", { version = info.version })
end

---@param code integer
---@param signal integer
local function ended(code, signal)
  local was = connection
  if not was then
    return
  end
  local how = signal ~= 0 and ("by signal %d"):format(signal) or ("with code %d"):format(code)
  wake(("The sidestream program ended %s before it was ready.\n:checkhealth sidestream says more."):format(how))
  connection = nil
  local expected = was.stopping or vim.v.exiting ~= vim.NIL
  M.on_exit(expected or false)
  events.emit("Exit", { code = code, expected = expected or false })
  if expected or not was.client then
    return
  end
  local now = vim.uv.now()
  starts = vim.tbl_filter(function(time)
    return now - time < 60000
  end, starts)
  if #starts > RESTARTS then
    local problem = "The sidestream program keeps ending (%s). It is not started again by itself.\n"
      .. ":Sidestream restart tries once more."
    notify.error(problem:format(how))
    return
  end
  notify.warn(("The sidestream program ended %s. It is started again."):format(how))
  M.start(function(problem)
    if problem then
      notify.error(problem)
    end
  end)
end

---@return table<string, function>
local function handlers()
  local all = {}
  for _, name in ipairs(NOTIFICATIONS) do
    all["sidestream/" .. name] = function(_, params)
      local ok, problem = xpcall(M.on_notification, debug.traceback, name, params)
      if not ok then
        notify.error(("Sidestream could not show `%s`: %s"):format(name, problem))
      end
    end
  end
  return all
end

---@return table
local function settings()
  local given = config.get()
  local function object(value)
    return next(value) and value or vim.empty_dict()
  end
  return {
    server = object(given.server),
    reconnect = object(given.reconnect),
    history = object(given.history),
    autoOpen = false,
  }
end

-- Neovim 0.10 attaches the client to a buffer when it starts it; this one is nobody's.
---@return integer
local function anchor()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = "hide"
  return buffer
end

--- Starts the server unless it runs, and calls back when it can be spoken to.
---@param callback fun(problem: string?)
function M.start(callback)
  if connection then
    if connection.client then
      callback()
    else
      table.insert(connection.waiters, callback)
    end
    return
  end
  local command, problem = M.command()
  if not command then
    return callback(problem)
  end
  table.insert(starts, vim.uv.now())
  connection = { waiters = { callback } }
  local id = vim.lsp.start({
    name = M.NAME,
    cmd = command,
    cmd_cwd = vim.uv.os_homedir(),
    init_options = settings(),
    handlers = handlers(),
    on_init = function(client, answer)
      shake_hands(client, answer, command[1])
    end,
    on_exit = function(code, signal)
      vim.schedule(function()
        ended(code, signal)
      end)
    end,
  }, {
    attach = false,
    bufnr = anchor(),
    silent = true,
    reuse_client = function()
      return false
    end,
  })
  if not id then
    wake(("`%s` could not be started.\n:checkhealth sidestream says more."):format(command[1]))
    connection = nil
    return
  end
  if connection then
    connection.id = id
  end
end

--- Ends the server; with it go the OpenCode servers that it started.
---@param callback? fun() when it has ended
function M.stop(callback)
  if not connection then
    return callback and callback()
  end
  connection.stopping = true
  if callback then
    local stop_listening
    stop_listening = events.on("Exit", function()
      stop_listening()
      vim.schedule(callback)
    end)
  end
  if connection.id then
    ---@diagnostic disable-next-line: deprecated
    vim.lsp.stop_client(connection.id)
  end
end

---@return sidestream.Connection?
function M.connection()
  return connection
end

---@param method string without "sidestream/"
---@param params table
---@param callback? fun(failure: table?, result: any) without it, failures are shown
function M.request(method, params, callback)
  callback = callback or function(failure)
    if failure then
      notify.failure(failure)
    end
  end
  M.start(function(problem)
    local client = connection and connection.client
    if problem or not client then
      return callback({ message = problem or "The sidestream program does not run.", data = {} })
    end
    M.request_raw(client, "sidestream/" .. method, next(params) and params or vim.empty_dict(), callback)
  end)
end

--- A request in the manner of each Neovim version.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param callback fun(failure: table?, result: any)
function M.request_raw(client, method, params, callback)
  local function answered(failure, result)
    callback(failure, result)
  end
  local sent
  if vim.fn.has("nvim-0.11") == 1 then
    sent = client:request(method, params, answered)
  else
    ---@diagnostic disable-next-line: param-type-mismatch, missing-parameter
    sent = client.request(method, params, answered)
  end
  if not sent then
    callback({ message = "The sidestream program has just ended.", data = {} })
  end
end

--- Like `request`, but failures are shown, and the callback hears of success only.
---@param method string
---@param params table
---@param callback? fun(result: any)
function M.call(method, params, callback)
  M.request(method, params, function(failure, result)
    if failure then
      notify.failure(failure)
    elseif callback then
      callback(result)
    end
  end)
end

return M
