-- The panel's places: right, left, floating, in the current window; and that closing leaves things as they were.

local editor = require("lib.world")()

editor:command("edit notes.txt")

local function arrangement()
  return editor:lua([[
    local names = {}
    for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
      table.insert(names, vim.fn.fnamemodify(vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(window)), ":t"))
    end
    return { names, vim.wo.number, vim.wo.winbar, vim.wo.winfixbuf }
  ]])
end

for _, layout in ipairs({ "right", "left", "float", "current" }) do
  test(("the panel opens %s, and is gone without a trace"):format(layout), function()
    local before = arrangement()
    editor:command("Sidestream open " .. layout)
    same("sidestream-prompt", editor:lua("return vim.bo.filetype"))
    assert(editor:lua("return require('sidestream').panel()") ~= vim.NIL)
    editor:command("Sidestream close")
    editor:wait("it is gone", "return require('sidestream').panel() == nil and #vim.api.nvim_tabpage_list_wins(0) == 1")
    same(before, arrangement())
  end)
end

test("closing the panel's window by hand closes its prompt too", function()
  editor:command("Sidestream open")
  editor:command("wincmd k | quit")
  editor:wait("both are gone", "return #vim.api.nvim_tabpage_list_wins(0) == 1")
  editor:wait("the file is there", "return vim.fn.expand('%:t') == 'notes.txt'")
end)

test("as the last windows of a tab page, the panel makes room for an empty buffer", function()
  editor:command("Sidestream open")
  editor:command("only")
  editor:command("Sidestream open")
  editor:command("Sidestream close")
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
  same("", editor:lua("return vim.v.errmsg"))
end)

test("a layout that does not exist is named", function()
  editor:command("Sidestream open upside-down")
  editor:wait(
    "the user is told",
    "return messages[#messages] and messages[#messages].text:find('upside-down', 1, true)"
  )
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
end)

test("each tab page has a panel of its own", function()
  editor:command("Sidestream open")
  editor:command("tabnew")
  same(vim.NIL, editor:lua("return require('sidestream').panel()"))
  editor:command("Sidestream open")
  assert(editor:lua("return require('sidestream').panel()") ~= vim.NIL)
  editor:command("tabclose")
  assert(editor:lua("return require('sidestream').panel()") ~= vim.NIL)
end)
