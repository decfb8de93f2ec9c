-- No prompt is ever lost: whatever ends while it is written, on its way, or about to be sent.

local sandboxes = require("lib.sandbox")

local editor, sandbox = require("lib.world")()

-- The program that the editor speaks to.
local function server()
  local own = vim.tbl_filter(function(process)
    local command = sandbox:processes()[process] or ""
    return not command:find("guard", 1, true) and not command:find("scripted-model", 1, true)
  end, sandbox:running(sandboxes.server()))
  same(1, #own)
  return own[1]
end

local function connected()
  editor:wait("it is connected", "return require('sidestream').status().state == 'connected'")
end

local function prompt_is(text)
  editor:wait("the prompt has " .. text, "return require('sidestream').chat().prompt:text() == ...", text)
end

local function clear()
  editor:lua("require('sidestream').chat().prompt:set_text('') messages = {}")
end

-- The server hears nothing more, then it is gone.
---@param act fun()
local function while_it_dies(act)
  local process = server()
  vim.uv.kill(process, "sigstop")
  act()
  vim.uv.kill(process, "sigkill")
  editor:wait_message("It is started again.")
end

editor:command("Sidestream open")
connected()

test("a first prompt that was on its way when Sidestream died comes back, and can be sent again", function()
  while_it_dies(function()
    editor:type("<Esc>imy first words<Esc><CR>")
    editor:wait("it is on its way", "return require('sidestream').chat().creating ~= nil")
  end)
  prompt_is("my first words")
  connected()
  editor:type("<Esc><CR>")
  editor:wait_text("You said: my first words")
  editor:wait_idle()
end)

test("a prompt of a session that was on its way when Sidestream died comes back", function()
  while_it_dies(function()
    editor:command("Sidestream send by a command")
    editor:lua("require('sidestream').send('by a function', { parts = { { type = 'file', path = 'notes.txt' } } })")
  end)
  editor:wait(
    "both are in the prompt",
    [[
    local text = require("sidestream").chat().prompt:text()
    return text:find("by a command", 1, true) and text:find("by a function", 1, true)
  ]]
  )
  same(1, editor:lua("return #require('sidestream').chat().prompt.attached"))
  connected()
  editor:lua("require('sidestream').chat().prompt.attached = {}")
  clear()
end)

test("what is sent in the moment that Sidestream is started again goes to the right place", function()
  editor:lua([[
    local stop
    stop = require("sidestream").on("Exit", function()
      stop()
      require("sidestream").send("in the moment between")
    end)
  ]])
  vim.uv.kill(server(), "sigkill")
  editor:wait_text("You said: in the moment between")
  editor:wait_idle()
  -- A program that was killed three times within a minute: that is told.
  clear()
end)

test("what was sent by a command is recalled like what was written", function()
  same("in the moment between", editor:lua("local all = require('sidestream.history').entries() return all[#all]"))
end)

test("a prompt's buffer that is deleted takes nothing with it", function()
  editor:command("Sidestream open")
  editor:type("<Esc>ikeep me<Esc>")
  editor:command("bdelete!")
  editor:command("Sidestream open")
  prompt_is("keep me")
  editor:type("<Esc>:set nohidden<CR>:q<CR>")
  editor:command("Sidestream open")
  prompt_is("keep me")
  editor:command("set hidden")
end)

test("the conversation's buffer that is deleted comes back with its keys, and follows", function()
  editor:command("stopinsert | wincmd k")
  same("sidestream", editor:lua("return vim.bo.filetype"))
  local session = editor:lua("return require('sidestream').session().id")
  editor:command("topleft split notes.txt | bdelete! " .. editor:lua("return require('sidestream').panel()"))
  editor:wait("the panel is gone", "return require('sidestream').panel() == nil")
  editor:lua("require('sidestream').open({ session = ..., focus = false })", session)
  editor:wait_text("You said: in the moment between")
  same(
    "Sidestream: these keys",
    editor:lua([[
    return vim.api.nvim_buf_call(require("sidestream").panel(), function()
      return vim.fn.maparg("g?", "n", false, true).desc
    end)
  ]])
  )
  editor:send("and once more")
  editor:wait_text("You said: and once more")
  editor:wait_idle()
end)

test("what another Neovim has sent meanwhile stays in the history", function()
  local path = sandbox.path .. "/state/nvim/sidestream/history.json"
  local all = vim.json.decode(table.concat(vim.fn.readfile(path)))
  table.insert(all, "from another one")
  vim.fn.writefile({ vim.json.encode(all) }, path)
  editor:lua("require('sidestream.history').add('from this one')")
  all = vim.json.decode(table.concat(vim.fn.readfile(path)))
  same({ "from another one", "from this one" }, { all[#all - 1], all[#all] })
end)

test("no Lua error came up", function()
  editor:no_errors()
end)

test("what is written when Neovim ends is found in the history", function()
  editor:lua("require('sidestream').open() require('sidestream').chat().prompt:set_text('not sent yet')")
  pcall(editor.command, editor, "qall!")
  local path = sandbox.path .. "/state/nvim/sidestream/history.json"
  assert(vim.wait(10000, function()
    return table.concat(vim.fn.readfile(path)):find("not sent yet", 1, true) ~= nil
  end, 20))
end)
