-- The pure parts: text from outside, Markdown's marks, settings.

local config = require("sidestream.config")
local markdown = require("sidestream.view.markdown")
local sanitize = require("sidestream.view.sanitize")
local syntax = require("sidestream.view.syntax")

test("controls and terminal escapes go, tabs and line feeds stay", function()
  same("a\tb\nc", sanitize.text("a\tb\r\nc"))
  same("red", sanitize.text("\27[1;31mred\27[0m"))
  same("link", sanitize.text("\27]8;;http://x\7link\27]8;;\7"))
  same("nul", sanitize.text("n\0u\8l"))
  same("ünï", sanitize.text("ünï"))
end)

test("an escape that is cut between two pieces is still one", function()
  local first, kept = sanitize.piece("one\27[3")
  same("one", first)
  local second = sanitize.piece(kept .. "1mtwo")
  same("two", second)
  first, kept = sanitize.piece("line\r")
  same({ "line", "\r" }, { first, kept })
end)

-- The text of a line as it is shown, and the highlight groups of its pieces.
local function marks(line)
  vim.wait(1000, function()
    return syntax.language("markdown_inline") ~= nil
  end, 5)
  local groups, shown = {}, line
  for _, span in vim.iter(markdown.spans(line)):rev():enumerate() do
    if span.conceal then
      shown = shown:sub(1, span[1]) .. span.conceal .. shown:sub(span[2] + 1)
    else
      groups[line:sub(span[1] + 1, span[2])] = span[3]
    end
  end
  return shown, groups
end

test("Markdown's marks are hidden, and what they mark is coloured", function()
  local shown, groups = marks("some **bold** and `co**de**`, a [link](http://x)")
  same("some bold and co**de**, a link", shown)
  same("@markup.strong.markdown_inline", groups["**bold**"])
  same("@markup.raw.markdown_inline", groups["`co**de**`"])
  same("Title", marks("## Title"))
  same({ { 0, 3, "SidestreamBullet" } }, markdown.spans("  - an item"))
  same({ { 0, 7, "SidestreamQuote" } }, markdown.spans("> quote"))
  same({}, markdown.spans(("x**y** "):rep(10000)))
end)

test("brackets are not hidden where they are no link", function()
  same("list[0] of [{}] has [x]", marks("list[0] of [{}] has [x]"))
end)

test("fences open code, and inline code with three marks is no fence", function()
  same("lua", markdown.fence("```lua"))
  same("", markdown.fence("  ~~~"))
  same(nil, markdown.fence("```inline``` text"))
end)

test("a fence is closed by its own marks, as many at least", function()
  local language, marks = markdown.fence("````markdown")
  same({ "markdown", "````" }, { language, marks })
  same(
    { false, false, true },
    vim.tbl_map(function(line)
      return markdown.closes_fence(line, "````")
    end, { "```", "~~~~", "`````" })
  )
end)

test("snake_case and globs are no italics", function()
  same({}, (select(2, marks("a snake_case_name here"))))
  same({}, (select(2, marks("5 * 3 * 2"))))
end)

test("settings that do not exist or are of the wrong type are named", function()
  vim.g.sidestream =
    { panle = {}, panel = { width = "wide" }, server = { anything = 1 }, keymaps = { panel = { allow = false } } }
  same(
    { "`panel.width` must be a number, not a string.", "`panle` is not a setting of Sidestream." },
    config.problems()
  )
  same(0.42, config.get().panel.width)
  same(false, config.get().keymaps.panel.allow)
  config.setup("no table")
  same("The settings must be a table, not a string.", config.problems()[1])
  vim.g.sidestream = { panel = { layout = "left" } }
  config.setup()
  same("left", config.get().panel.layout)
  config.setup({ panel = { layout = "float" } })
  same("float", config.get().panel.layout)
  config.setup()
  vim.g.sidestream = nil
end)
