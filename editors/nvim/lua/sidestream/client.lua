-- The connection to the `sidestream` program: finds it, starts it as one language client for all
-- folders, checks its version, and passes messages on. Knows no sessions.

local config = require("sidestream.config")
local events = require("sidestream.events")
local notify = require("sidestream.notify")

local M = {}

M.PROTOCOL = 1

-- A program that ends more often than this in a minute is not started again by itself.
local RESTARTS = 3

---@class sidestream.Connection
---@field id? integer the language client's
---@field client? vim.lsp.Client when it is ready
---@field version? string the server's
---@field stopping? boolean its end is wanted
---@field on_end? fun()
---@field waiters (fun(problem: string?))[]
---@field unanswered table<fun(failure: table?, result: any), true> requests that are under way

---@type sidestream.Connection?
local connection
---@type integer[]
local starts = {}
-- Neovim 0.10 attaches a client to a buffer when it starts; this one is nobody's.
---@type integer?
local nobodys_buffer

--- Set by init.lua, so that this file depends on nothing above it.
---@type fun(method: string, params: table)
M.on_notification = function() end
---@type fun()
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
  local source = debug.getinfo(1, "S").source:sub(2)
  local built = vim.fn.fnamemodify(vim.uv.fs_realpath(source) or source, ":h:h:h:h:h") .. "/target/"
  for _, program in ipairs({ "sidestream", built .. "release/sidestream", built .. "debug/sidestream" }) do
    if vim.fn.executable(program) == 1 then
      return { vim.fn.exepath(program) }
    end
  end
  return nil,
    "The program `sidestream` was not found.\n"
      .. "Build it with `cargo install --path server` in Sidestream's repository,"
      .. ' or name it: vim.g.sidestream = { command = { "/path/to/sidestream" } }'
end

--- Starting and ending ----------------------------------------------------------

-- Tells those who wait that the server is ready, or why it will not be.
---@param known sidestream.Connection
---@param problem? string
local function wake(known, problem)
  local waiters = known.waiters
  known.waiters = {}
  for _, waiter in ipairs(waiters) do
    waiter(problem)
  end
end

---@param id integer
---@param force? boolean
local function stop_client(id, force)
  ---@diagnostic disable-next-line: deprecated
  vim.lsp.stop_client(id, force)
end

-- An older or newer program is told apart from a broken one.
---@param new sidestream.Connection
---@param client vim.lsp.Client
---@param answer table
---@param program string
local function shake_hands(new, client, answer, program)
  local info = answer.serverInfo or {}
  local version = vim.tbl_get(answer, "capabilities", "experimental", "sidestream", "protocolVersion")
  if version == M.PROTOCOL then
    new.client, new.version = client, info.version
    wake(new)
    return events.emit("Ready", { version = info.version })
  end
  local name = ("`%s` (%s %s)"):format(program, info.name or "unknown", info.version or "without a version")
  local speaks = version and "speaks version " .. version .. " of its protocol" or "is not a Sidestream server"
  local problem = "%s %s; this plugin needs version %d.\nUpdate the older of the two."
  new.stopping = true
  wake(new, problem:format(name, speaks, M.PROTOCOL))
  stop_client(client.id, true)
end

-- What ended by itself is started again, unless it keeps ending.
---@param was sidestream.Connection
---@param code integer
---@param signal integer
local function ended(was, code, signal)
  if connection ~= was then
    return
  end
  connection = nil
  -- Neovim forgets those who wait for an answer; they have something to give back.
  local how = signal ~= 0 and ("by signal %d"):format(signal) or ("with code %d"):format(code)
  wake(was, ("The sidestream program ended %s before it was ready.\n:checkhealth sidestream says more."):format(how))
  for answer in pairs(was.unanswered) do
    answer({ message = ("The sidestream program ended %s before it answered."):format(how) })
  end
  M.on_exit()
  local expected = was.stopping or vim.v.exiting ~= vim.NIL
  events.emit("Exit", { code = code, expected = expected })
  if was.on_end then
    was.on_end()
  end
  if expected or not was.client then
    return
  end
  starts = vim.tbl_filter(function(time)
    return vim.uv.now() - time < 60000
  end, starts)
  if #starts > RESTARTS then
    local problem = "The sidestream program keeps ending (%s). It is not started again by itself.\n"
      .. ":Sidestream restart tries once more."
    return notify.error(problem:format(how))
  end
  notify.warn(("The sidestream program ended %s. It is started again."):format(how))
  M.start()
end

-- Whatever the server tells is handed to `on_notification`.
local handlers = setmetatable({}, {
  __index = function(_, method)
    local name = method:match("^sidestream/(.*)$")
    return name and function(_, params)
      M.on_notification(name, params)
    end
  end,
})

--- Starts the server unless it runs, and calls back when it can be spoken to.
---@param callback? fun(problem: string?) without it, problems are shown
function M.start(callback)
  callback = callback or function(problem)
    if problem then
      notify.error(problem)
    end
  end
  if connection and connection.client then
    return callback()
  elseif connection then
    return table.insert(connection.waiters, callback)
  end
  local command, problem = M.command()
  if not command then
    return callback(problem)
  end
  table.insert(starts, vim.uv.now())
  local given = config.get()
  local new = { waiters = { callback }, unanswered = {} } ---@type sidestream.Connection
  connection = new
  nobodys_buffer = nobodys_buffer or vim.api.nvim_create_buf(false, true)
  new.id = vim.lsp.start({
    name = "sidestream",
    cmd = command,
    cmd_cwd = vim.uv.os_homedir(),
    init_options = { autoOpen = false, server = given.server, reconnect = given.reconnect },
    handlers = handlers,
    -- What is typed is told at once: Neovim 0.10 cannot tell it any more when the buffer is deleted meanwhile.
    flags = { debounce_text_changes = 0 },
    on_init = function(client, answer)
      shake_hands(new, client, answer, command[1])
    end,
    on_exit = vim.schedule_wrap(function(code, signal)
      ended(new, code, signal)
    end),
  }, {
    attach = false,
    bufnr = nobodys_buffer,
    silent = true,
    reuse_client = function()
      return false
    end,
  })
  if not new.id then
    connection = nil
    wake(new, ("`%s` could not be started.\n:checkhealth sidestream says more."):format(command[1]))
  end
end

--- Ends the server; with it go the OpenCode servers that it started.
---@param callback? fun() when it has ended
function M.stop(callback)
  if connection and connection.id then
    connection.stopping, connection.on_end = true, callback
    stop_client(connection.id)
  elseif callback then
    callback()
  end
end

---@return sidestream.Connection?
function M.connection()
  return connection
end

--- The language client, once it can be spoken to.
---@return vim.lsp.Client?
function M.ready()
  return connection and connection.client
end

--- Requests ---------------------------------------------------------------------

--- A request as the server's own protocol or LSP names it.
---@param method string
---@param params table
---@param callback fun(failure: table?, result: any)
function M.request_raw(method, params, callback)
  M.start(function(problem)
    local known, client = connection, M.ready()
    if problem or not known or not client then
      return callback({ message = problem or "The sidestream program does not run." })
    end
    local function answer(failure, result)
      if known.unanswered[answer] then
        known.unanswered[answer] = nil
        callback(failure, result)
      end
    end
    known.unanswered[answer] = true
    if
      not client.rpc.request(method --[[@as any]], params, answer)
    then
      answer({ message = "The sidestream program has just ended." })
    end
  end)
end

---@param method string without "sidestream/"
---@param params table
---@param callback fun(failure: table?, result: any)
function M.request(method, params, callback)
  M.request_raw("sidestream/" .. method, params, callback)
end

--- Like `request`, but failures are shown, and the callback hears of success only.
---@param method string
---@param params table
---@param callback? fun(result: any)
function M.call(method, params, callback)
  M.request(method, params, notify.unless_failed(callback))
end

return M
