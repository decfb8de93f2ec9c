-- The panel's keys and windows: moving about, opening what is under the cursor, places that are kept, edges of the
-- screen.

local editor, sandbox = require("lib.world")()

local function in_panel()
  editor:lua("vim.api.nvim_set_current_win(require('sidestream.panel').windows().window)")
end

local function line()
  return editor:lua("return vim.api.nvim_get_current_line()")
end

-- The bar above the conversation, or above the prompt.
local function bar_has(window, text)
  editor:wait(
    "the bar shows " .. text,
    [[
    local name, text = ...
    local window = require("sidestream.panel").windows()[name]
    return vim.wo[window].winbar:find(text, 1, true)
  ]],
    window,
    text
  )
end

editor:command("edit notes.txt")
editor:command("Sidestream open")
editor:send("first words")
editor:wait_text("You said: first words")
editor:wait_idle()

test("keys go from message to message, and not past the ends", function()
  in_panel()
  editor:type("gg]]")
  same("You", line())
  editor:type("]]]]]]")
  same("build · scripted", line())
  editor:type("[[[[[[")
  same("You", line())
end)

test("a reader comes back to the same line, all others to the end", function()
  editor:send("long: 200")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  editor:wait_idle()
  in_panel()
  editor:type("10gg")
  local read = line()
  editor:command("Sidestream close")
  editor:command("Sidestream open")
  in_panel()
  same({ 10, read }, { editor:lua("return vim.fn.line('.')"), line() })
  editor:type("G")
  local session = editor:lua("return require('sidestream').session().id")
  editor:command("Sidestream new")
  editor:lua(
    [[
    local state = require("sidestream.state")
    local session = state.sessions[...]
    require("sidestream.client").request("session/send",
      { instanceId = session.instanceId, sessionId = session.id, text = "behind your back" }, function() end)
  ]],
    session
  )
  editor:wait(
    "it is answered",
    [[
    local chat = require("sidestream.chat").by_session[...]
    local lines = vim.api.nvim_buf_get_lines(chat.buffer, 0, -1, false)
    return vim.tbl_contains(lines, "You said: behind your back")
  ]],
    session
  )
  editor:lua("require('sidestream').open({ session = ..., focus = false })", session)
  in_panel()
  same(true, editor:lua("return vim.fn.line('.') == vim.fn.line('$')"))
end)

test("a command's line leads to the file that it names, wherever that is", function()
  local path = sandbox.path .. "/home/elsewhere.txt"
  vim.fn.writefile({ "found" }, path)
  for _, name in ipairs({ path, "~/elsewhere.txt", "main.lua:2" }) do
    editor:send("see " .. name)
    editor:wait_text("You said: see " .. name)
    editor:wait_idle()
    in_panel()
    editor:lua("vim.fn.search(..., 'b')", "^You said: see " .. vim.fn.escape(name, "~."))
    editor:type("<CR>")
    editor:wait(name .. " is open", "return vim.fn.expand('%:t') == ...", vim.fs.basename(name:gsub(":.*", "")))
  end
  same(2, editor:lua("return vim.fn.line('.')"))
end)

test("details are shown and hidden by a key", function()
  editor:send("bash: echo something")
  editor:allow()
  editor:wait_idle()
  in_panel()
  editor:lua("vim.fn.search('^  bash echo something', 'b')")
  editor:type("<Tab>")
  editor:wait_text("    something")
  editor:type("<Tab>")
  editor:wait(
    "they are hidden",
    [[
    local lines = vim.api.nvim_buf_get_lines(require("sidestream").panel(), 0, -1, false)
    return not vim.tbl_contains(lines, "    something")
  ]]
  )
end)

test("a permission is rejected with a key", function()
  editor:send("bash: echo rejected > rejected.txt")
  editor:wait_text("r reject")
  in_panel()
  editor:type("r")
  editor:wait("it is answered", "return #require('sidestream').permissions() == 0")
  editor:wait_idle()
  same(nil, (vim.uv.fs_stat(sandbox.project .. "/rejected.txt")))
end)

test("what a session has used is shown above it", function()
  bar_has("window", "tokens")
  bar_has("prompt_window", "build · scripted")
end)

test("what is attached is shown above the prompt, and taken away again", function()
  editor:lua([[
    vim.cmd("wincmd t")
    vim.cmd.edit("notes.txt")
    local found = { lnum = 0, col = 0, message = "odd", severity = vim.diagnostic.severity.WARN, source = "test" }
    vim.diagnostic.set(vim.api.nvim_create_namespace("test"), 0, { found })
    vim.fn.setqflist({ { filename = "notes.txt", lnum = 1, text = "look" } })
  ]])
  for _, kind in ipairs({ "file", "diagnostics", "quickfix" }) do
    editor:command("Sidestream add " .. kind)
  end
  bar_has("prompt_window", "1 diagnostics of notes.txt")
  bar_has("prompt_window", "The quickfix list")
  editor:command("Sidestream open")
  editor:type("<Esc>gg0i<BS>")
  editor:wait("the last is gone", "return #require('sidestream').chat().prompt.attached == 2")
  editor:choose("Sidestream context", "remove notes.txt")
  editor:type("what is odd<Esc><CR>")
  editor:wait_text("odd")
  editor:wait_idle()
  contains(editor:text(), "You said: what is odd")
  same(0, editor:lua("return #require('sidestream').chat().prompt.attached"))
end)

test("in place of a window's file, the panel is gone when another file is edited there", function()
  editor:command("Sidestream close")
  editor:command("only | edit notes.txt")
  editor:command("Sidestream open current")
  in_panel()
  editor:command("edit main.lua")
  editor:wait("its prompt is closed", "return #vim.api.nvim_tabpage_list_wins(0) == 1")
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
  same({ "main.lua", "" }, editor:lua("return { vim.fn.expand('%:t'), vim.wo.winbar }"))
  editor:command("Sidestream toggle")
  editor:command("Sidestream close")
  same("main.lua", editor:lua("return vim.fn.expand('%:t')"))
end)

test("beside nothing but floating windows, the panel is closed", function()
  editor:command("Sidestream open")
  editor:command("wincmd k | only")
  editor:lua([[
    local place = { relative = "editor", row = 1, col = 1, width = 10, height = 2 }
    float = vim.api.nvim_open_win(vim.api.nvim_create_buf(false, true), false, place)
  ]])
  editor:command("Sidestream close")
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
  editor:lua("vim.api.nvim_win_close(float, true)")
end)

test("in a window that is too small, the prompt finds its place", function()
  editor:command("split | resize 1")
  editor:command("Sidestream open current")
  same("sidestream-prompt", editor:lua("return vim.bo.filetype"))
  editor:command("Sidestream close | only")
end)

test("the list of sessions is opened again while it is open, and keeps what was put away", function()
  editor:command("Sidestream open")
  editor:command("Sidestream sessions")
  editor:wait("it is there", "return vim.fn.search('Scripted title', 'nw') > 0")
  editor:command("Sidestream sessions")
  editor:wait("it is there again", "return vim.fn.search('Scripted title', 'nw') > 0")
  editor:type("gga")
  editor:wait("it is put away", "return vim.fn.search('Scripted title', 'nw') == 0")
  editor:type("A")
  editor:wait("the archive has it", "return vim.fn.search('Scripted title', 'nw') > 0")
  editor:type("gga")
  editor:wait("it is taken out", "return vim.fn.search('Scripted title', 'nw') == 0")
  editor:type("A")
  editor:wait("it is back", "return vim.fn.search('Scripted title', 'nw') > 0")
  editor:type("q")
end)

test("a session that is not among those that are known is opened by its id", function()
  local session = editor:lua([[
    local session = vim.tbl_keys(require("sidestream.chat").by_session)[1]
    require("sidestream.state").sessions[session] = nil
    require("sidestream").open({ session = session })
    return session
  ]])
  editor:wait(
    "it is shown",
    "local session = require('sidestream').session() return session and session.id == ...",
    session
  )
end)

test("a session is deleted without a question", function()
  local session = editor:lua("return require('sidestream').session().id")
  editor:lua("vim.fn.confirm = function() error('asked') end")
  editor:command("Sidestream delete!")
  editor:wait("it is gone", "return require('sidestream.state').sessions[...] == nil", session)
end)

test("in another folder, what is sent goes there", function()
  vim.fn.mkdir(sandbox.project .. "/inner")
  editor:command("Sidestream close")
  editor:command("tcd inner")
  editor:send("from the inner folder")
  editor:wait("its session is there", "local s = require('sidestream').session() return s ~= nil")
  same(sandbox.project .. "/inner", editor:lua("return require('sidestream').chat().directory"))
end)

test("no Lua error came up", function()
  editor:no_errors()
end)
