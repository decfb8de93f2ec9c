-- What goes wrong around Neovim: servers that die, buffers that go, sessions that are deleted elsewhere.

local sandboxes = require("lib.sandbox")

local editor, sandbox = require("lib.world")()

local function connected()
  editor:wait("it is connected", "return require('sidestream').status().state == 'connected'")
end

editor:command("Sidestream open")

test("after the OpenCode server was killed, the same conversation goes on", function()
  editor:send("before")
  editor:wait_text("You said: before")
  editor:wait_idle()
  local server = editor:lua([[
    for _, instance in pairs(require("sidestream.state").instances) do return instance.server.pid end
  ]])
  vim.uv.kill(server, "sigkill")
  editor:wait(
    "the loss is noticed",
    [[
    for _, count in pairs(require("sidestream.state").reconnects) do return count > 0 end
  ]]
  )
  connected()
  editor:send("after")
  editor:wait_text("You said: after")
  editor:wait_idle()
  local text = editor:text()
  contains(text, "You said: before")
  local _, count = text:gsub("You said: before", "")
  same(1, count)
end)

test("a prompt sent while the server is away is kept and answered", function()
  local server = editor:lua([[
    for _, instance in pairs(require("sidestream.state").instances) do return instance.server.pid end
  ]])
  vim.uv.kill(server, "sigkill")
  editor:send("in between")
  editor:wait_text("in between")
  editor:wait_text("You said: in between")
  editor:wait_idle()
end)

test("after Sidestream itself was killed, it is started again and shows the same session", function()
  local id = editor:lua("return require('sidestream').session().id")
  local programs = sandbox:running(sandboxes.server())
  local own = vim.tbl_filter(function(process)
    local parent = io.open(("/proc/%d/cmdline"):format(process), "rb")
    local command = parent and parent:read("*a") or ""
    if parent then
      parent:close()
    end
    return not command:find("guard") and not command:find("scripted-model", 1, true)
  end, programs)
  same(1, #own, vim.inspect(programs))
  editor:type("<Esc>ikept text<Esc>")
  vim.uv.kill(own[1], "sigkill")
  editor:wait_message("It is started again.")
  connected()
  same(
    id,
    editor:lua("local s = require('sidestream').session() return s and s.id or require('sidestream').chat().session_id")
  )
  contains(editor:text(), "You said: in between")
  same("kept text", editor:lua("return require('sidestream').chat().prompt:text()"))
  editor:lua("require('sidestream').chat().prompt:set_text('') require('sidestream').send('once more')")
  editor:wait_text("You said: once more")
  editor:wait_idle()
end)

test("a buffer that is wiped while text streams in hurts nobody", function()
  editor:send("long: 2000 slow: 5")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  local id = editor:lua("return require('sidestream').session().id")
  editor:lua("vim.cmd('bwipeout! ' .. require('sidestream').panel())")
  editor:wait("the panel is gone", "return require('sidestream').panel() == nil")
  editor:lua("require('sidestream').open({ session = ... })", id)
  editor:wait_text("You said: before")
  editor:wait_text("lorem ipsum")
  editor:command("Sidestream abort")
  editor:wait_idle()
end)

test("a session that is deleted elsewhere is told, and what is sent next begins a new one", function()
  editor:lua([[
    messages = {}
    local session = require("sidestream").session()
    require("sidestream").chat().prompt:set_text("still here")
    require("sidestream.client").request("session/delete",
      { instanceId = session.instanceId, sessionId = session.id }, function() end)
  ]])
  editor:wait_message("This session was deleted")
  same("still here", editor:lua("return require('sidestream').chat().prompt:text()"))
  editor:lua("require('sidestream').chat().prompt:send()")
  editor:wait_text("You said: still here")
  editor:wait_idle()
end)

test("no Lua error came up", function()
  editor:no_errors()
end)

test("when Neovim is killed, nothing of it is left running", function()
  editor:send("bash: sleep 1000")
  editor:wait("the command waits", "return #require('sidestream').permissions() > 0")
  editor:command("Sidestream allow")
  editor:wait("it runs", "return require('sidestream').status().waiting == 0")
  local id = editor:lua("return vim.fn.getpid()")
  vim.uv.kill(id, "sigkill")
  local left
  local gone = vim.wait(10000, function()
    left = sandbox:processes()
    for process, command in pairs(left) do
      if command:find("scripted-model", 1, true) then
        left[process] = nil
      end
    end
    return not next(left)
  end, 50)
  assert(gone, vim.inspect(left))
end)
