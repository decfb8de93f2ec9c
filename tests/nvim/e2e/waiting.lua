-- Permissions and questions: shown, answered by keys, closed when they were answered elsewhere.

local editor, sandbox = require("lib.world")()

local function wait_permission()
  return editor:wait(
    "a permission waits",
    [[
    local waiting = require("sidestream").permissions()
    return waiting[1] and waiting[1].id
  ]]
  )
end

local function nothing_waits()
  editor:wait("nothing waits any more", "return #require('sidestream').permissions() == 0")
end

editor:command("Sidestream open")

test("an edit's permission shows its diff, and moves no focus", function()
  local window = editor:lua("return vim.api.nvim_get_current_win()")
  editor:send('tool: edit {"filePath":"notes.txt","oldString":"one","newString":"two"}')
  wait_permission()
  editor:wait_text("Edit notes.txt")
  contains(editor:text(), "  -one\n  +two\n")
  same(window, editor:lua("return vim.api.nvim_get_current_win()"))
  editor:wait("it is counted", "return require('sidestream').status().waiting == 1")
  contains(editor:lua("return require('sidestream').statusline()"), "1 waiting")
end)

test("the edit is shown side by side before it is made", function()
  editor:lua("vim.api.nvim_set_current_win(require('sidestream.panel').windows().window)")
  editor:type("d")
  editor:wait(
    "both texts are shown",
    [[
    local texts = {}
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      if vim.wo[window].diff then
        table.insert(texts, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false))
      end
    end
    return vim.deep_equal(texts, { { "one" }, { "two" } })
  ]]
  )
  same("one\n", sandbox:read("notes.txt"))
  editor:type("q")
  editor:wait("its tab page is closed", "return #vim.api.nvim_list_tabpages() == 1")
end)

test("one key in the panel allows it, and the open file is read again", function()
  editor:command("topleft split notes.txt")
  editor:command("wincmd p")
  editor:lua("vim.api.nvim_set_current_win(require('sidestream.panel').windows().window)")
  editor:type("a")
  nothing_waits()
  editor:wait("the buffer has the new text", "return vim.fn.getbufline('notes.txt', 1)[1] == 'two'")
  editor:wait_idle()
  contains(editor:text(), "edit notes.txt +1 -1")
  same("two\n", sandbox:read("notes.txt"))
end)

test("a file with unsaved changes is left alone, and the user is told", function()
  editor:lua("vim.fn.setbufline('notes.txt', 1, 'mine')")
  editor:send('tool: edit {"filePath":"notes.txt","oldString":"two","newString":"three"}')
  wait_permission()
  editor:command("Sidestream allow")
  nothing_waits()
  editor:wait_idle()
  editor:wait(
    "the conflict is told",
    [[
    for _, message in ipairs(messages) do
      if message.text:find("unsaved changes here", 1, true) then return true end
    end
  ]]
  )
  same("mine", editor:lua("return vim.fn.getbufline('notes.txt', 1)[1]"))
  same("three\n", sandbox:read("notes.txt"))
  editor:command("1wincmd w | buffer notes.txt")
  editor:command("Sidestream conflicts")
  editor:wait(
    "both are shown",
    [=[
    local texts = {}
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      table.insert(texts, vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, 1, false)[1])
    end
    return vim.deep_equal(texts, { "three", "mine" })
  ]=]
  )
  editor:command("tabclose")
  editor:lua("vim.cmd('bwipeout! notes.txt') messages = {}")
end)

test("a rejection can say what to do instead", function()
  editor:send("bash: echo never > never.txt")
  wait_permission()
  editor:command("Sidestream reject use a file instead")
  nothing_waits()
  editor:wait_idle()
  same(nil, (vim.uv.fs_stat(sandbox.project .. "/never.txt")))
end)

test("what waits in a session that is not shown is named before it is allowed", function()
  editor:send("bash: echo named > named.txt")
  wait_permission()
  editor:command("Sidestream new")
  local session = editor:lua("return require('sidestream').permissions()[1].sessionId")
  editor:lua("asked = nil vim.fn.confirm = function(text) asked = text return 2 end")
  editor:command("Sidestream allow")
  contains(editor:lua("return asked"), "named.txt")
  same(1, editor:lua("return #require('sidestream').permissions()"))
  editor:lua("vim.fn.confirm = function() return 1 end")
  editor:command("Sidestream allow")
  nothing_waits()
  editor:lua("require('sidestream').open({ session = ... })", session)
  editor:wait_idle()
end)

test("it is answered from anywhere through the inbox", function()
  editor:send("bash: echo inbox > inbox.txt")
  wait_permission()
  editor:lua([[
    vim.ui.select = function(items, options, chosen)
      chosen(items[1])
    end
  ]])
  editor:command("Sidestream inbox")
  nothing_waits()
  editor:wait_idle()
  same("inbox\n", sandbox:read("inbox.txt"))
end)

test("a permission that was answered elsewhere closes", function()
  editor:send("bash: echo elsewhere")
  local id = wait_permission()
  editor:wait_text("a allow")
  editor:lua(
    [[
    local id = ...
    local session = require("sidestream").session()
    require("sidestream.client").request("permission/reply",
      { instanceId = session.instanceId, permissionId = id, reply = "once" }, function() end)
  ]],
    id
  )
  nothing_waits()
  editor:wait(
    "it is no longer shown",
    [[
    local buffer = require("sidestream").panel()
    local all = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
    return not all:find("a allow", 1, true)
  ]]
  )
  editor:wait_idle()
end)

test("a question is answered with the key of an option", function()
  editor:send(
    'tool: question {"questions":[{"question":"Which colour?","header":"Colour",'
      .. '"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]}]}'
  )
  editor:wait_text("Colour: Which colour?")
  editor:lua("vim.api.nvim_set_current_win(require('sidestream.panel').windows().window)")
  editor:type("2")
  editor:wait("it is answered", "return #require('sidestream').questions() == 0")
  editor:wait_idle()
  contains(
    editor:lua([[
    local session = require("sidestream").session()
    local transcript = require("sidestream.chat").by_session[session.id].transcript
    for _, message in ipairs(transcript.messages) do
      for _, part in ipairs(message.parts) do
        if part.tool == "question" then return part.output or "" end
      end
    end
    return ""
  ]]),
    "Blue"
  )
end)

test("the inbox leads to a question, which takes several answers", function()
  editor:send(
    'tool: question {"questions":[{"question":"Which colours?","header":"Several","multiple":true,'
      .. '"options":[{"label":"Red","description":"warm"},{"label":"Blue","description":"cold"}]},'
      .. '{"question":"Sure?","header":"Last","options":[{"label":"Yes","description":""}]}]}'
  )
  editor:wait_text("Several: Which colours? (1 of 2)")
  editor:command("Sidestream open")
  editor:choose("Sidestream inbox", "Which colours?")
  editor:wait("the panel has the cursor", "return vim.bo.filetype == 'sidestream'")
  editor:type("12")
  editor:wait_text("2 [x] Blue")
  editor:type("a")
  editor:wait_text("Last: Sure? (2 of 2)")
  editor:type("1")
  editor:wait("it is answered", "return #require('sidestream').questions() == 0")
  editor:wait_idle()
  contains(
    editor:lua([[
    local output = ""
    for _, message in ipairs(require("sidestream").chat().transcript.messages) do
      for _, part in ipairs(message.parts) do
        output = part.tool == "question" and part.output or output
      end
    end
    return output
  ]]),
    "Red, Blue"
  )
end)

test("a question is answered in own words, by the function", function()
  editor:send(
    'tool: question {"questions":[{"question":"And now?","header":"Next","options":[{"label":"Yes","description":""}]}]}'
  )
  local id = editor:wait("it waits", "local q = require('sidestream').questions()[1] return q and q.id")
  editor:lua("require('sidestream').answer(..., { { 'Something else' } })", id)
  editor:wait("it is answered", "return #require('sidestream').questions() == 0")
  editor:wait_idle()
end)

test("a sub-agent's permission is shown in the session above, and its session can be opened", function()
  editor:send(
    'tool: task {"description":"look around","prompt":"bash: echo child > child.txt","subagent_type":"general"}'
  )
  wait_permission()
  editor:wait_text("child.txt")
  editor:wait_text("a sub-agent of")
  local parent = editor:lua("return require('sidestream').session().id")
  editor:command("Sidestream allow")
  nothing_waits()
  editor:wait_idle()
  same("child\n", sandbox:read("child.txt"))
  local child = editor:wait(
    "the tool names its session",
    [[
    local transcript = require("sidestream.chat").by_session[...].transcript
    for _, message in ipairs(transcript.messages) do
      for _, part in ipairs(message.parts) do
        if part.childSessionId then return part.childSessionId end
      end
    end
  ]],
    parent
  )
  editor:lua("require('sidestream').open({ session = ..., focus = false })", child)
  editor:wait_text("The command has ended.")
  editor:command("Sidestream parent")
  same(parent, editor:lua("return require('sidestream').session().id"))
end)
