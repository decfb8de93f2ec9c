-- What is done with whole sessions: choosing what answers and what it may do, copying, publishing, putting away.

local share_host = require("lib.share_host")

local share_url = share_host.start()
local editor, sandbox = require("lib.world")({
  configure = function(opencode)
    opencode.share = "manual"
    opencode.enterprise = { url = share_url }
    local model = opencode.provider.scripted.models.scripted
    model.reasoning = true
    model.variants = { low = { temperature = 0 }, high = { temperature = 1 } }
  end,
})
editor:command("Sidestream open")

-- The session that is shown, as the plugin knows it.
local function session()
  return editor:lua("return require('sidestream').session()")
end

test("what the model has noted to do is listed", function()
  editor:send('tool: todowrite {"todos":[{"content":"read","status":"completed","priority":"low"}]}')
  editor:wait(
    "it is known",
    "local transcript = require('sidestream').chat().transcript return transcript and #transcript.todos == 1"
  )
  editor:wait_idle()
  editor:command("Sidestream todos")
  same({ "[x] read" }, editor:lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)"))
  editor:command("close")
end)

test("what answers is chosen, and named above the prompt", function()
  editor:send("first words")
  editor:wait_text("You said: first words")
  editor:wait_idle()
  editor:choose("Sidestream agent", "plan")
  editor:choose("Sidestream model", "Scripted model")
  editor:choose("Sidestream variant", "high")
  editor:wait_screen("plan · scripted (high)")
  editor:send("planned words")
  editor:wait_text("plan · scripted (high)")
  editor:wait_text("You said: planned words")
  editor:wait_idle()
  editor:choose("Sidestream agent", "build")
end)

test("in another permission mode, edits do not ask", function()
  editor:choose("Sidestream mode", "acceptEdits")
  editor:wait_screen("acceptEdits")
  editor:send('tool: edit {"filePath":"notes.txt","oldString":"one","newString":"two"}')
  editor:wait("the file has changed", "return vim.fn.readfile(...)[1] == 'two'", sandbox.project .. "/notes.txt")
  editor:wait_idle()
  same({}, editor:lua("return require('sidestream').permissions()"))
  editor:choose("Sidestream mode", "default")
end)

test("a session is published, and its address is copied", function()
  editor:lua([[
    vim.g.clipboard = {
      name = "test",
      copy = { ["+"] = function(lines) copied = table.concat(lines, "\n") end, ["*"] = function() end },
      paste = { ["+"] = function() return {} end, ["*"] = function() return {} end },
    }
  ]])
  editor:command("Sidestream share")
  editor:wait_message("Published at " .. share_host.ADDRESS)
  same(share_host.ADDRESS, editor:lua("return copied"))
  editor:command("Sidestream unshare")
  editor:wait_message("no longer published")
end)

test("it is exported as Markdown", function()
  editor:command("Sidestream export")
  editor:wait(
    "it is shown",
    "return vim.bo.filetype == 'markdown' and vim.fn.search('You said: first words', 'nw') > 0"
  )
  editor:command("close")
end)

test("its context is summarised", function()
  editor:command("Sidestream compact")
  editor:wait_text("The context was summarised.")
  editor:wait_idle()
end)

test("a copy goes on without the original", function()
  local original = session().id
  editor:command("Sidestream fork")
  editor:wait("the copy is shown", "return require('sidestream').session().id ~= ...", original)
  editor:wait_text("You said: first words")
  editor:send("only in the copy")
  editor:wait_text("You said: only in the copy")
  editor:wait_idle()
  editor:lua("require('sidestream').open({ session = ... })", original)
  assert(not editor:text():find("only in the copy", 1, true))
end)

test("the list renames, puts away and deletes what is selected", function()
  editor:command("Sidestream sessions")
  editor:wait("both are listed", "return vim.api.nvim_buf_line_count(0) >= 2")
  editor:lua("vim.ui.input = function(_, answered) answered('Put away soon') end")
  editor:type("ggr")
  editor:wait("it has its title", "return vim.fn.search('Put away soon', 'w') > 0")
  editor:type("a")
  editor:wait("it is gone", "return vim.fn.search('Put away soon', 'nw') == 0")
  editor:lua("vim.fn.confirm = function() return 1 end")
  editor:type("ggd")
  editor:wait("nothing is left", "return vim.fn.search('No sessions.', 'nw') > 0")
  editor:type("q")
  editor:wait("the list is closed", "return vim.api.nvim_win_get_config(0).relative == ''")
end)

test("no Lua error came up", function()
  editor:no_errors()
end)
