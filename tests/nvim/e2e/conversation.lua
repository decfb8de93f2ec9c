-- A prompt goes out, a real OpenCode answers with the scripted model, and its text is on the screen.

local editors = require("lib.editor")
local sandboxes = require("lib.sandbox")

local sandbox = sandboxes.new()
finally(function()
  sandbox:close()
end)
local editor = editors.start(sandbox)
finally(function()
  editor:close()
end)

test("a prompt is sent with a key, and its answer is streamed into the panel", function()
  editor:command("Sidestream open")
  editor:type("iHello there<Esc><CR>")
  editor:wait_text("Hello there")
  editor:wait_idle()
  contains(editor:text(), "You said: Hello there")
end)
