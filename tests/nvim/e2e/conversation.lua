-- Prompts go out, a real OpenCode answers with the scripted model, and what it says is on the screen.

local editor = require("lib.world")()

-- The text of all answers, as the server tells it to whoever opens the session.
local function text_of_server()
  editor:lua([[
    snapshot = nil
    local session = require("sidestream").session()
    local params = { instanceId = session.instanceId, sessionId = session.id, limit = 200 }
    require("sidestream.client").request("session/open", params, function(_, result) snapshot = result end)
  ]])
  local snapshot = editor:wait("the server tells the session", "return snapshot")
  local texts = {}
  for _, message in ipairs(snapshot.messages) do
    for _, part in ipairs(message.parts) do
      if part.type == "text" then
        table.insert(texts, part.text)
      end
    end
  end
  return texts
end

-- The newest message is an answer that has text, and is not complete.
local streaming = [[
  local session = require("sidestream").session()
  local messages = require("sidestream.chat").by_session[session.id].transcript.messages
  local last = messages[#messages]
  if last.role ~= "assistant" or last.status ~= "streaming" then return false end
  for _, part in ipairs(last.parts) do
    if part.type == "text" and #require("sidestream.growing").text(part, "text") > 0 then return true end
  end
]]

test("the panel opens with a command, and the cursor is in the prompt", function()
  editor:command("Sidestream open")
  same("sidestream-prompt", editor:lua("return vim.bo.filetype"))
end)

test("a prompt is sent with a key, and its answer is streamed into the panel", function()
  editor:type("iHello there<Esc><CR>")
  editor:wait_text("Hello there")
  editor:wait_text("You said: Hello there")
  editor:wait_idle()
  same("", editor:lua("return require('sidestream').chat().prompt:text()"))
end)

test("streamed text is, byte for byte, what the server says in the end", function()
  editor:send("long: 400")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  editor:wait_idle()
  local shown = editor:text()
  local texts = text_of_server()
  assert(#texts >= 4, vim.inspect(texts))
  for _, text in ipairs(texts) do
    contains(shown, text)
  end
end)

test("the window follows the end while the cursor is on the last line", function()
  contains(editor:screen(), "build · scripted")
  editor:wait(
    "the end is visible",
    [[
    local windows = require("sidestream.panel").windows()
    local last = vim.api.nvim_buf_line_count(windows.chat.buffer)
    vim.cmd.redraw()
    return vim.fn.getwininfo(windows.window)[1].botline == last
  ]]
  )
end)

test("a reader's cursor and window stay while text streams in", function()
  editor:type("<C-w>kgg5j")
  editor:send("long: 200 slow: 3")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  local place = "return { vim.api.nvim_win_get_cursor(0), vim.fn.line('w0'), vim.api.nvim_get_mode().mode }"
  local before = editor:lua(place)
  editor:wait_idle()
  same(before, editor:lua(place))
end)

test("typing in another window goes on undisturbed while text streams in", function()
  editor:command("topleft new")
  editor:send("long: 300")
  editor:type("i")
  for letter in ("one two three"):gmatch(".") do
    editor:type(letter == " " and "<Space>" or letter)
  end
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  editor:wait_idle()
  same("i", editor:lua("return vim.api.nvim_get_mode().mode"))
  same("one two three", editor:lua("return vim.api.nvim_get_current_line()"))
  editor:type("<Esc>")
  editor:command("close!")
end)

test("a run is stopped", function()
  editor:send("long: 4000 slow: 20")
  editor:wait("the run begins", "return require('sidestream').status().busy > 0")
  editor:wait("its text streams in", streaming)
  editor:command("Sidestream abort")
  editor:wait_text("Stopped.")
  editor:wait_idle()
end)

test("what is sent during a run is shown as queued, and answered after it", function()
  editor:send("long: 400 slow: 20")
  editor:wait("its text streams in", streaming)
  editor:send("second thoughts")
  editor:wait(
    "it is shown as queued",
    [[
    vim.cmd.redraw()
    local view = require("sidestream").chat().view
    local last = view.sections[#view.sections]
    local beside = last.blocks[1] and last.blocks[1].shape and last.blocks[1].shape.beside
    return beside and beside[1][1]:find("queued", 1, true) ~= nil
  ]]
  )
  editor:wait_text("You said: second thoughts")
  editor:wait_idle()
end)

test("another session has its own buffer, and coming back shows the same place", function()
  local first = editor:lua("return require('sidestream').panel()")
  local session = editor:lua("return require('sidestream').session().id")
  editor:command("Sidestream new")
  editor:send("another one")
  editor:wait_text("You said: another one")
  assert(editor:lua("return require('sidestream').panel()") ~= first)
  editor:lua("require('sidestream').open({ session = ... })", session)
  same(first, editor:lua("return require('sidestream').panel()"))
  contains(editor:text(), "You said: Hello there")
end)

test("a session is renamed", function()
  editor:command("Sidestream rename A better title")
  editor:wait(
    "the title is shown",
    [[
    vim.cmd.redraw()
    local windows = require("sidestream.panel").windows()
    return vim.wo[windows.window].winbar:find("A better title", 1, true) ~= nil
  ]]
  )
end)

test("the panel keeps the width that the user gave it", function()
  editor:lua("vim.api.nvim_win_set_width(require('sidestream.panel').windows().window, 50) vim.cmd.redraw()")
  editor:wait(
    "the width is known",
    [[
    return vim.api.nvim_win_get_width(require('sidestream.panel').windows().window) == 50
  ]]
  )
  editor:command("Sidestream close")
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
  editor:command("Sidestream toggle")
  same(50, editor:lua("return vim.api.nvim_win_get_width(require('sidestream.panel').windows().window)"))
end)

test("sent prompts are recalled, and what was being written is not lost", function()
  editor:type("<Esc>iunfinished<C-p>")
  same(
    "long: 4000 slow: 20",
    editor:lua([[
    local prompt = require('sidestream').chat().prompt
    prompt:set_text("unfinished") prompt.place = nil
    require("sidestream.history").add("long: 4000 slow: 20")
    prompt:recall(1)
    return prompt:text()
  ]])
  )
  same(
    "unfinished",
    editor:lua([[
    local prompt = require('sidestream').chat().prompt
    prompt:recall(-1)
    return prompt:text()
  ]])
  )
end)

test("code of any length has its colours where it is seen", function()
  editor:lua([[
    local code = { "````lua", "```" }
    for number = 1, 1000 do
      table.insert(code, ("local value_%d = %d"):format(number, number))
    end
    table.insert(code, "````")
    local text = { id = "prt_1", type = "text", text = table.concat(code, "\n") }
    long_code = require("sidestream.view").new(vim.api.nvim_create_buf(false, true))
    long_code:reset({
      { id = "msg_1", role = "assistant", status = "complete", agent = "build", time = { created = 1 }, parts = { text } },
    })
    vim.cmd.tabnew()
    vim.api.nvim_win_set_buf(0, long_code.buffer)
  ]])
  for _, row in ipairs({ 100, 500, 1003 }) do
    editor:wait(
      "line " .. row .. " has its colours",
      [[
      local row = ...
      vim.api.nvim_win_set_cursor(0, { row, 0 })
      vim.cmd.redraw()
      local fences = long_code:block_at(row - 1).fences
      return fences and vim.iter(fences.list[1].spans[row - 3] or {}):any(function(span)
        return span[3] == "@keyword.lua"
      end)
    ]],
      row
    )
  end
  editor:command("tabclose")
end)

test("nothing was reported as wrong", function()
  same(
    {},
    vim.tbl_filter(function(message)
      return message.level and message.level >= vim.log.levels.WARN
    end, editor:lua("return messages"))
  )
  same("", editor:lua("return vim.v.errmsg"))
end)
