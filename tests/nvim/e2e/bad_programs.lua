-- A `sidestream` program that is missing, too old, or no Sidestream at all: a notice, and nothing lost.

local editors = require("lib.editor")
local sandboxes = require("lib.sandbox")

local sandbox = sandboxes.new()
finally(function()
  sandbox:close()
end)

---@param program string
---@param told string
local function holds(program, told)
  local editor = editors.start(sandbox, { settings = { command = { program } } })
  local ok, problem = pcall(function()
    editor:command("Sidestream open")
    editor:wait(
      "the user is told: " .. told,
      [[
      for _, message in ipairs(messages) do
        if message.text:find(..., 1, true) then return true end
      end
    ]],
      told
    )
    editor:type("<Esc>ia prompt<Esc><CR>")
    editor:wait("the prompt comes back", "return require('sidestream').chat().prompt:text() == 'a prompt'")
    same("off", editor:lua("return require('sidestream').status().state"))
    for _, message in ipairs(editor:lua("return messages")) do
      assert(not message.text:find("stack traceback", 1, true), message.text)
    end
  end)
  editor:close()
  assert(ok, problem)
end

test("a program that is not there is named, with what to do", function()
  holds("/nowhere/sidestream", "Correct it, or remove it")
end)

test("a program that ends at once is told", function()
  holds(sandbox:program("ends", "exit 3"), "before it was ready")
end)

test("a server of another version is told from a broken one", function()
  local answer = vim.json.encode({
    jsonrpc = "2.0",
    id = 1,
    result = {
      serverInfo = { name = "sidestream", version = "9.9.9" },
      capabilities = { experimental = { sidestream = { protocolVersion = 7 } } },
    },
  })
  holds(
    sandbox:program(
      "newer",
      ("printf 'Content-Length: %d\\r\\n\\r\\n%%s' '%s'\ncat >/dev/null\n"):format(#answer, answer)
    ),
    "speaks version 7 of its protocol; this plugin needs version 1"
  )
end)
