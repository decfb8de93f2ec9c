-- A real Neovim in a terminal of its own, driven by keys as a person would, and looked into over RPC.

local sandboxes = require("lib.sandbox")

local M = {}

---@class Editor
---@field sandbox Sandbox
---@field channel integer
---@field job integer
---@field output string what the terminal got last
local Editor = {}
Editor.__index = Editor

local started = 0

-- Milliseconds after which what is waited for will never come, also on a machine that is busy with other things.
local PATIENCE = 90000
-- Bytes of the terminal's output that are kept.
local OUTPUT = 65536

---@class EditorOptions
---@field settings? table over the test's own `vim.g.sidestream`
---@field no_opencode? boolean
---@field columns? integer
---@field lines? integer

---@param sandbox Sandbox
---@param options? EditorOptions
---@return Editor
function M.start(sandbox, options)
  options = options or {}
  started = started + 1
  local socket = ("%s/nvim-%d.sock"):format(sandbox.path, started)
  local settings = vim.tbl_deep_extend("force", {
    command = { sandboxes.server() },
    server = { env = sandbox.model_environment },
  }, options.settings or {})
  if vim.env.OPENCODE_BIN and not options.no_opencode then
    settings.server.command = settings.server.command or { vim.env.OPENCODE_BIN }
  end
  local init = ("%s/init-%d.lua"):format(sandbox.path, started)
  local file = assert(io.open(init, "w"))
  file:write(([[
    vim.opt.runtimepath:prepend(%q)
    vim.opt.swapfile = false
    vim.o.shada = ""
    vim.g.sidestream = vim.json.decode(%q)
    messages = {}
    vim.notify = function(text, level) table.insert(messages, { text = text, level = level }) end
  ]]):format(sandboxes.repository() .. "/editors/nvim", vim.json.encode(settings)))
  file:close()
  local editor = setmetatable({ sandbox = sandbox, output = "" }, Editor)
  editor.job = vim.fn.jobstart({ vim.env.NVIM_BIN or vim.v.progpath, "-u", init, "--listen", socket }, {
    pty = true,
    cwd = sandbox.project,
    env = sandbox.environment,
    width = options.columns or 140,
    height = options.lines or 40,
    clear_env = false,
    on_stdout = function(_, pieces)
      editor.output = (editor.output .. table.concat(pieces, "\n")):sub(-OUTPUT)
    end,
  })
  assert(editor.job > 0, "Neovim cannot be started")
  assert(
    vim.wait(10000, function()
      local ok, channel = pcall(vim.fn.sockconnect, "pipe", socket, { rpc = true })
      editor.channel = ok and channel > 0 and channel or nil
      return editor.channel ~= nil
    end, 10),
    "Neovim does not answer"
  )
  editor:wait("Neovim has started", "return vim.v.vim_did_enter == 1")
  return editor
end

--- Runs Lua in the editor; `...` are its arguments.
---@param code string
---@return any
function Editor:lua(code, ...)
  return vim.rpcrequest(self.channel, "nvim_exec_lua", code, { ... })
end

--- Types, as a person does.
---@param keys string in Neovim's notation
function Editor:type(keys)
  vim.rpcrequest(self.channel, "nvim_input", keys)
end

---@param command string
function Editor:command(command)
  vim.rpcrequest(self.channel, "nvim_command", command)
end

--- Waits until a Lua expression in the editor holds, and answers its value.
---@param what string what is waited for, for the failure
---@param code string
---@param timeout? integer milliseconds
---@return any
function Editor:wait(what, code, ...)
  local arguments, value = { ... }, nil
  local held = vim.wait(PATIENCE, function()
    value = self:lua(code, unpack(arguments))
    return value ~= nil and value ~= vim.NIL and value ~= false
  end, 20)
  if not held then
    error(
      ("%s: waited in vain.\nThe screen:\n%s\nMessages: %s"):format(
        what,
        self:screen(),
        vim.inspect(self:lua("return messages or {}"))
      ),
      2
    )
  end
  return value
end

--- What the terminal shows.
---@return string
function Editor:screen()
  return self:lua([[
    vim.cmd.redraw()
    local lines = {}
    for row = 1, vim.o.lines do
      local line = {}
      for column = 1, vim.o.columns do
        line[column] = vim.fn.screenstring(row, column)
      end
      lines[row] = (table.concat(line):gsub("%s+$", ""))
    end
    return table.concat(lines, "\n")
  ]])
end

--- The panel's text.
---@return string
function Editor:text()
  return self:lua([[
    local buffer = require("sidestream").panel()
    return buffer and table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n") or ""
  ]])
end

---@param text string
function Editor:wait_text(text)
  return self:wait(
    "the panel shows " .. text,
    [[
    local buffer = require("sidestream").panel()
    local all = buffer and table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n") or ""
    return all:find(..., 1, true)
  ]],
    text
  )
end

--- Waits until the current session's run has ended.
function Editor:wait_idle()
  return self:wait(
    "the run ends",
    [[
    local session = require("sidestream").session()
    return session ~= nil and (session.status.type == "idle" or session.status.type == "error")
  ]]
  )
end

---@param text string
function Editor:wait_screen(text)
  local shown = vim.wait(PATIENCE, function()
    return self:screen():find(text, 1, true) ~= nil
  end, 20)
  assert(shown, ("the screen never shows %q:\n%s"):format(text, self:screen()))
end

--- The terminal says whether the user looks at it.
---@param focus "lost"|"gained"
function Editor:focus(focus)
  vim.fn.chansend(self.job, focus == "lost" and "\27[O" or "\27[I")
end

--- Waits until the terminal has got something that Neovim does not draw.
---@param text string
function Editor:wait_terminal(text)
  local got = vim.wait(PATIENCE, function()
    return self.output:find(text, 1, true) ~= nil
  end, 20)
  assert(got, ("the terminal never gets %q"):format(text))
end

--- Waits until the user has been told something.
---@param text string
function Editor:wait_message(text)
  return self:wait(
    "the user is told: " .. text,
    [[
    for _, message in ipairs(messages) do
      if message.text:find(..., 1, true) then return true end
    end
  ]],
    text
  )
end

--- Nothing was reported as wrong.
function Editor:no_errors()
  for _, message in ipairs(self:lua("return messages")) do
    assert(not message.text:find("stack traceback", 1, true), message.text)
    assert(message.level < vim.log.levels.ERROR, message.text)
  end
  assert(self:lua("return vim.v.errmsg") == "", self:lua("return vim.v.errmsg"))
end

---@param text string
function Editor:send(text)
  self:lua("require('sidestream').send(...)", text)
end

--- Allows the permission that comes next.
function Editor:allow()
  self:wait("a permission waits", "return #require('sidestream').permissions() > 0")
  self:command("Sidestream allow")
  self:wait("it is answered", "return #require('sidestream').permissions() == 0")
end

--- Runs a command that lets the user choose, and chooses what has a text.
---@param command string
---@param text string
function Editor:choose(command, text)
  self:lua(
    [[
    local text = ...
    chosen = nil
    vim.ui.select = function(items, options, callback)
      for _, item in ipairs(items) do
        if options.format_item(item):find(text, 1, true) then
          chosen = true
          return callback(item)
        end
      end
      chosen = false
    end
  ]],
    text
  )
  self:command(command)
  self:wait(text .. " is offered", "return chosen")
end

function Editor:close()
  pcall(vim.fn.chanclose, self.channel)
  pcall(vim.fn.jobstop, self.job)
  vim.fn.jobwait({ self.job }, 5000)
end

return M
