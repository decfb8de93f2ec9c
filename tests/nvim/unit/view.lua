-- The session's buffer: equal to what was told, and written nowhere but where something changed.

local growing = require("sidestream.growing")
local views = require("sidestream.view")

local function new()
  local view = views.new(vim.api.nvim_create_buf(false, true))
  vim.bo[view.buffer].modifiable = false
  return view
end

local count = 0
local function message(role, parts, more)
  count = count + 1
  return vim.tbl_extend("force", {
    id = "msg_" .. count,
    role = role,
    parentId = role == "assistant" and "turn" or nil,
    status = role == "user" and "sent" or "streaming",
    agent = "build",
    time = { created = count },
    parts = parts or {},
  }, more or {})
end

local function text(id, content)
  return { id = id, type = "text", text = content }
end

local function tool(id, more)
  return vim.tbl_extend("force", {
    id = id,
    type = "tool",
    callId = id,
    tool = "bash",
    kind = "shell",
    summary = "bash echo hi",
    status = "completed",
    input = { command = "echo hi" },
    output = "hi\nthere",
  }, more or {})
end

local function lines(view)
  view:flush()
  return vim.api.nvim_buf_get_lines(view.buffer, 0, -1, false)
end

-- Which rows are written, as { first, old last, new last }.
local function watch(view)
  local writes = {}
  vim.api.nvim_buf_attach(view.buffer, false, {
    on_lines = function(_, _, _, first, old, new)
      table.insert(writes, { first, old, new })
    end,
  })
  return writes
end

test("messages stand below headers, tools below text", function()
  local view = new()
  view:reset({
    message("user", { text("u", "Do it") }),
    message("assistant", { text("a", "I will."), tool("t"), tool("t2") }),
  })
  same({ "", "You", "Do it", "", "build", "I will.", "", "  bash echo hi", "  bash echo hi", "" }, lines(view))
end)

test("a new part stands before the one that is named", function()
  local view = new()
  local answer = message("assistant", { text("b", "second") })
  view:reset({ answer })
  lines(view)
  local first = text("a", "first")
  table.insert(answer.parts, 1, first)
  view:message_changed(answer)
  local shown = table.concat(lines(view), " ")
  same(true, shown:find("first") < shown:find("second"))
end)

test("an append writes the line that it extends, and no other", function()
  local view = new()
  local answer = message("assistant", { text("a", "one\ntwo") })
  view:reset({ message("user", { text("u", "Q") }), answer })
  local before = lines(view)
  local writes = watch(view)
  for _, piece in ipairs({ " and", " more\nthree" }) do
    growing.append(answer.parts[1], "text", piece)
    view:part_appended(answer, answer.parts[1], "text", piece)
  end
  local after = lines(view)
  same("two and more", after[#before - 1])
  same("three", after[#before])
  same({ { #before - 2, #before - 1, #before } }, writes)
end)

test("text in many pieces, CRLF and escapes between them, is the text as a whole", function()
  local view = new()
  local answer = message("assistant", { text("a", "") })
  view:reset({ answer })
  local whole = "one\r\ntwo\27[31m red\27[0m\r\n\r\nünïcödé " .. ("x"):rep(100000) .. "\nend"
  for position = 1, #whole, 7 do
    local piece = whole:sub(position, position + 6)
    growing.append(answer.parts[1], "text", piece)
    view:part_appended(answer, answer.parts[1], "text", piece)
    if position % 5 == 0 then
      view:flush()
    end
  end
  local shown = lines(view)
  same({ "one", "two red", "", "ünïcödé " .. ("x"):rep(100000), "end" }, vim.list_slice(shown, 3, 7))
end)

test("a part that is told again unchanged writes nothing", function()
  local view = new()
  local answer = message("assistant", { text("a", "one\ntwo") })
  view:reset({ answer })
  lines(view)
  local writes = watch(view)
  answer.parts[1] = text("a", "one\ntwo")
  view:message_changed(answer)
  lines(view)
  same({}, writes)
end)

test("answers of one turn share a header, and pages that cut a turn are joined", function()
  local view = new()
  local user = message("user", { text("u", "Q") })
  local first = message("assistant", { tool("t1") })
  local second = message("assistant", { text("a", "done") })
  view:reset({ second })
  view:prepend({ user, first })
  same({ "", "You", "Q", "", "build", "  bash echo hi", "", "done", "" }, lines(view))
end)

test("what is folded opens and closes", function()
  local view = new()
  view:reset({ message("assistant", { tool("t") }) })
  local block = view:block_at(2)
  view:fold(block, "toggle")
  same({ "  bash echo hi", "    $ echo hi", "    hi", "    there" }, vim.list_slice(lines(view), 3, 6))
  view:fold(block, "toggle")
  same({ "", "build", "  bash echo hi", "" }, lines(view))
end)

test("a running command's output goes below the command, whatever it ended with", function()
  local view = new()
  local answer = message("assistant", { tool("t", { status = "running", output = "" }) })
  view.open.t = true
  view:reset({ answer })
  same({ "    $ echo hi", "    " }, vim.list_slice(lines(view), 4, 5))
  for _, piece in ipairs({ "one\n", "two\n" }) do
    growing.append(answer.parts[1], "output", piece)
    view:part_appended(answer, answer.parts[1], "output", piece)
    lines(view)
  end
  same({ "    $ echo hi", "    one", "    two", "    ", "" }, vim.list_slice(lines(view), 4))
  view:message_changed(answer)
  same({ "    $ echo hi", "    one", "    two", "    ", "" }, vim.list_slice(lines(view), 4))
end)

test("a part of a kind that is not known yet, or in a strange shape, breaks nothing", function()
  local view = new()
  view:reset({
    message("assistant", {
      { id = "x", type = "hologram", raw = {} },
      {
        id = "y",
        type = "tool",
        kind = "edit",
        tool = "edit",
        status = "completed",
        summary = "edit",
        input = 5,
        diff = 7,
      },
      text("a", "still here"),
    }),
  })
  contains(table.concat(lines(view), "\n"), "still here")
end)

test("what cannot be drawn keeps nothing else from being drawn", function()
  local view = new()
  local broken = message("user", { text("u", "Q") })
  broken.time = nil
  view:reset({ broken, message("assistant", { text("a", "still here") }) })
  contains(table.concat(lines(view), "\n"), "something in an unexpected shape")
  contains(table.concat(lines(view), "\n"), "still here")
end)

test("a buffer that is gone is written no more", function()
  local view = new()
  local answer = message("assistant", { text("a", "one") })
  view:reset({ answer })
  vim.api.nvim_buf_delete(view.buffer, { force = true })
  view:part_appended(answer, answer.parts[1], "text", "two")
  view:flush()
  view:reset({ answer })
  view:prepend({ message("user", { text("u", "Q") }) })
end)
