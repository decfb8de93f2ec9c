-- What belongs to the editor: completion, attached context, code actions, review of changes, health, the API.

local editor, sandbox = require("lib.world")({
  programs = { ["wl-paste"] = 'cat "$HOME/image.png"' },
})

-- The smallest picture there is.
local IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

test("subcommands are completed", function()
  local all = editor:lua("return vim.fn.getcompletion('Sidestream se', 'cmdline')")
  same({ "send", "sessions" }, all)
end)

test("the API answers before anything runs", function()
  same(
    { "off", 0, 0, "" },
    editor:lua([[
    local status = require("sidestream").status()
    return { status.state, status.busy, status.waiting, status.text }
  ]])
  )
  same({}, editor:lua("return require('sidestream').permissions()"))
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
end)

test("autocommands and listeners hear of runs, with their data", function()
  editor:lua([[
    heard = {}
    vim.api.nvim_create_autocmd("User", { pattern = "SidestreamRunEnded", callback = function(event)
      table.insert(heard, event.data.session.id)
    end })
    require("sidestream").on("RunStarted", function(data) table.insert(heard, data.session.id) end)
    require("sidestream").send("hello")
  ]])
  editor:wait("both are heard", "return #heard == 2 and heard[1] == heard[2]")
end)

test("files are completed in the prompt by the server", function()
  editor:command("Sidestream open")
  editor:wait("it is attached", "return #vim.lsp.get_clients({ bufnr = 0, name = 'sidestream' }) == 1")
  editor:type("isee @note")
  if editor:lua("return vim.lsp.completion == nil") then
    -- Neovim 0.10 takes the only one without asking, unless it is told to show it.
    editor:lua("vim.o.completeopt = 'menuone,noselect'")
    editor:type("<C-x><C-o>")
  end
  editor:wait(
    "notes.txt is offered",
    [[
    return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ "items" }).items[1].word:find("notes.txt", 1, true)
  ]]
  )
  same("see @note", editor:lua("return vim.api.nvim_get_current_line()"))
  editor:type("<C-n><C-y> now")
  editor:wait("it is chosen", "return vim.api.nvim_get_current_line():find('see @notes.txt', 1, true)")
  contains(editor:lua("return vim.api.nvim_get_current_line()"), " now")
  editor:type("<Esc>")
  editor:lua("require('sidestream').chat().prompt:set_text('')")
end)

test("lines are attached as a chip, which can be seen and is sent", function()
  editor:command("topleft split main.lua")
  editor:command("1,2Sidestream ask what is this")
  editor:wait(
    "the chip is shown",
    [[
    vim.cmd.redraw()
    local windows = require("sidestream.panel").windows()
    return vim.wo[windows.prompt_window].winbar:find("main.lua:1-2", 1, true) ~= nil
  ]]
  )
  editor:type("<Esc><CR>")
  editor:wait_text("what is this")
  editor:wait_idle()
  same(0, editor:lua("return #require('sidestream').chat().prompt.attached"))
  same(
    {},
    vim.tbl_filter(function(message)
      return message.level >= vim.log.levels.WARN
    end, editor:lua("return messages"))
  )
end)

test("the operator attaches what a motion covers, and repeats with a dot", function()
  editor:lua([[
    vim.keymap.set("n", "ga", "<Plug>(sidestream-ask)")
    vim.api.nvim_set_current_win(vim.fn.win_findbuf(vim.fn.bufnr("main.lua"))[1])
    vim.api.nvim_win_set_cursor(0, { 1, 0 })
  ]])
  editor:type("gaj")
  editor:wait(
    "the lines are attached",
    [[
    local part = require("sidestream").chat().prompt.attached[1]
    return part and require("sidestream.context").label(part) == "main.lua:1-2"
  ]]
  )
  editor:type("<Esc>")
  editor:lua([[
    vim.api.nvim_set_current_win(vim.fn.win_findbuf(vim.fn.bufnr("main.lua"))[1])
    vim.api.nvim_win_set_cursor(0, { 2, 0 })
  ]])
  editor:type("gal")
  editor:type("<Esc>")
  editor:wait("more lines are attached", "return #require('sidestream').chat().prompt.attached == 2")
  editor:lua("require('sidestream').chat().prompt.attached = {}")
end)

test("after the prompt was written, a dot attaches as many lines again, and types nothing", function()
  editor:lua([[
    vim.api.nvim_set_current_win(vim.fn.win_findbuf(vim.fn.bufnr("main.lua"))[1])
    vim.api.nvim_win_set_cursor(0, { 1, 0 })
  ]])
  editor:type("gal")
  editor:wait("the prompt has the cursor", "return vim.bo.filetype == 'sidestream-prompt'")
  editor:type("why this<Esc>")
  editor:wait("it is written", "return vim.fn.mode() == 'n' and vim.api.nvim_get_current_line() == 'why this'")
  editor:lua([[
    vim.api.nvim_set_current_win(vim.fn.win_findbuf(vim.fn.bufnr("main.lua"))[1])
    vim.api.nvim_win_set_cursor(0, { 2, 3 })
  ]])
  same({ 2, 3 }, editor:lua("return vim.api.nvim_win_get_cursor(0)"))
  editor:type(".")
  editor:wait("both are attached", "return #require('sidestream').chat().prompt.attached == 2")
  same(
    "local answer = 41\nreturn answer",
    editor:lua("return table.concat(vim.fn.getbufline('main.lua', 1, '$'), '\\n')")
  )
  same("why this", editor:lua("return require('sidestream').chat().prompt:text()"))
  editor:lua("require('sidestream').chat().prompt.attached = {} require('sidestream').chat().prompt:set_text('')")
end)

test("a selection offers code actions", function()
  editor:lua("vim.api.nvim_set_current_win(vim.fn.win_findbuf(vim.fn.bufnr('main.lua'))[1])")
  editor:wait("the file is attached", "return #vim.lsp.get_clients({ bufnr = 0, name = 'sidestream actions' }) == 1")
  editor:lua([[
    offered = nil
    local params = vim.lsp.util.make_given_range_params({ 1, 0 }, { 2, 0 }, 0, "utf-16")
    params.context = { diagnostics = {}, triggerKind = 1 }
    require("sidestream.client").request_raw("textDocument/codeAction", params, function(_, result)
      offered = result or {}
    end)
  ]])
  local offered = editor:wait("actions are offered", "return offered")
  assert(#offered > 0, "none")
end)

test("a code action begins a session with what was selected", function()
  editor:lua([[
    before = require("sidestream").session().id
    vim.lsp.buf.code_action({
      apply = true,
      range = { start = { 1, 0 }, ["end"] = { 2, 0 } },
      filter = function(action) return action.title:find("Explain", 1, true) ~= nil end,
    })
  ]])
  editor:wait("its session is shown", "return require('sidestream').session().id ~= before")
  editor:wait_text("main.lua")
  editor:wait_idle()
end)

test("the clipboard's image is attached by a key, and sent", function()
  local file = assert(io.open(sandbox.path .. "/home/image.png", "wb"))
  file:write(vim.base64.decode(IMAGE))
  file:close()
  editor:command("Sidestream open")
  editor:type("<Esc>i<C-v>")
  editor:wait_screen("image (1 kB)")
  editor:type("look at this<Esc><CR>")
  editor:wait(
    "the message has it",
    [[
    for _, message in ipairs(require("sidestream").chat().transcript.messages) do
      for _, part in ipairs(message.parts) do
        if part.type == "file" and part.mime == "image/png" then return true end
      end
    end
  ]]
  )
  editor:wait_idle()
end)

test("who looks elsewhere is told that a run has ended", function()
  editor:lua("messages = {}")
  editor:send("long: 20 slow: 10")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  editor:focus("lost")
  editor:wait_message("the run has ended")
  editor:wait_terminal("\27]9;")
  editor:focus("gained")
end)

test("a turn's changes are reviewed as a diff, and one file is restored", function()
  editor:command("Sidestream open")
  editor:lua([[require("sidestream").send('tool: edit {"filePath":"main.lua","oldString":"41","newString":"42"}')]])
  editor:allow()
  editor:wait_idle()
  editor:wait("the file has changed", "return vim.fn.getbufline('main.lua', 1)[1] == 'local answer = 42'")
  editor:command("Sidestream review")
  editor:wait(
    "both sides are shown",
    [=[
    local windows = vim.api.nvim_tabpage_list_wins(0)
    return #windows == 2 and vim.wo[windows[1]].diff and vim.wo[windows[2]].diff
  ]=]
  )
  same(
    "local answer = 41",
    editor:lua([=[
    local window = vim.api.nvim_tabpage_list_wins(0)[1]
    return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, 1, false)[1]
  ]=])
  )
  same(1, editor:lua("return #vim.fn.getqflist()"))
  editor:command("Sidestream restore")
  editor:wait("its tab page is closed", "return #vim.api.nvim_list_tabpages() == 1")
  same("local answer = 41\nreturn answer\n", sandbox:read("main.lua"))
  editor:wait("the buffer has the old text", "return vim.fn.getbufline('main.lua', 1)[1] == 'local answer = 41'")
end)

test("restored files have every byte that they had, in a folder that may be gone", function()
  local marked, gone = "\239\187\191first\r\nsecond\r\n", "first\r\nsecond\r\n"
  vim.fn.mkdir(sandbox.project .. "/deep")
  local path = sandbox:write("deep/gone.txt", gone)
  sandbox:write("marked.txt", marked)
  editor:send("bash: rm -r deep; sed -i s/second/2/ marked.txt")
  editor:allow()
  editor:wait_idle()
  assert(not vim.uv.fs_stat(path))
  editor:command("Sidestream review")
  for _, name in ipairs({ "gone.txt", "marked.txt" }) do
    editor:wait("it is shown", "return vim.fn.expand('%:t') == ... and vim.wo.diff", name)
    editor:command("Sidestream restore")
  end
  editor:wait("the tab page is closed", "return #vim.api.nvim_list_tabpages() == 1")
  same({ gone, marked }, { sandbox:read("deep/gone.txt"), sandbox:read("marked.txt") })
end)

test("of two changed files one is kept, and the one that is new goes", function()
  editor:choose("Sidestream mode", "acceptEdits")
  editor:send(
    'tools: edit {"filePath":"main.lua","oldString":"41","newString":"43"} '
      .. ';; write {"filePath":"new.lua","content":"return 1"}'
  )
  editor:wait("the new file is there", "return vim.uv.fs_stat(...) ~= nil", sandbox.project .. "/new.lua")
  editor:wait_idle()
  editor:command("Sidestream review")
  editor:wait("both are listed", "return #vim.fn.getqflist() == 2")
  editor:wait("the first is shown", "return vim.fn.expand('%:t') == 'main.lua' and vim.wo.diff")
  editor:command("Sidestream accept")
  editor:wait("the second is shown", "return vim.fn.expand('%:t') == 'new.lua' and vim.wo.diff")
  editor:command("Sidestream restore")
  editor:wait("its tab page is closed", "return #vim.api.nvim_list_tabpages() == 1")
  same(nil, (vim.uv.fs_stat(sandbox.project .. "/new.lua")))
  contains(sandbox:read("main.lua"), "43")
  editor:choose("Sidestream mode", "default")
end)

test("a session goes back to before its last prompt, and forth again", function()
  editor:command("Sidestream open")
  editor:send("to be reverted")
  editor:wait_text("You said: to be reverted")
  editor:wait_idle()
  editor:lua("vim.fn.confirm = function() return 1 end")
  editor:command("Sidestream revert")
  editor:wait(
    "its text is in the prompt again",
    "return require('sidestream').chat().prompt:text() == 'to be reverted'"
  )
  editor:wait(
    "it is gone from the panel",
    [[
    local buffer = require("sidestream").panel()
    return not table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n"):find("to be reverted", 1, true)
  ]]
  )
  editor:command("Sidestream unrevert")
  editor:wait_text("You said: to be reverted")
  editor:lua("require('sidestream').chat().prompt:set_text('')")
end)

test("the list of sessions shows them, and opens one", function()
  editor:command("Sidestream sessions")
  editor:wait("they are listed", "return vim.fn.search('Scripted title', 'nw') > 0")
  editor:type("<CR>")
  editor:wait("the panel has the cursor", "return vim.bo.filetype == 'sidestream-prompt'")
end)

test("checkhealth finds everything in order", function()
  editor:command("checkhealth sidestream")
  local report = editor:wait(
    "the report",
    [[
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    return text:find("OpenCode servers", 1, true) and text
  ]]
  )
  contains(report, "connected, OpenCode 1.")
  contains(report, " MB")
  assert(not report:find("ERROR", 1, true), report)
end)

test("logs and events are shown", function()
  editor:command("Sidestream logs")
  editor:wait("the log", "return vim.fn.search('opencode server listening', 'nw') > 0")
  editor:command("Sidestream events")
  editor:wait("the events", "return vim.fn.search('applied', 'nw') > 0")
end)
