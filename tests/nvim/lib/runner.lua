-- Runs test files, one after the other, and prints what held and what did not.
-- `nvim -l tests/nvim/lib/runner.lua FILE...`; the last line is `N passed, N failed`.

local here = vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h"))
package.path = here .. "/?.lua;" .. package.path
vim.opt.runtimepath:prepend(vim.fs.dirname(vim.fs.dirname(here)) .. "/editors/nvim")

local passed, failed = 0, 0
local only = vim.env.TEST_ONLY

---@param name string what holds, in the product's words
---@param body fun()
function _G.test(name, body)
  if only and only ~= "" and not name:find(only, 1, true) then
    return
  end
  local before = vim.uv.hrtime()
  local ok, problem = xpcall(body, debug.traceback)
  local milliseconds = (vim.uv.hrtime() - before) / 1e6
  if ok then
    passed = passed + 1
    print(("  ok      %s (%d ms)"):format(name, milliseconds))
  else
    failed = failed + 1
    print(("  FAILED  %s\n%s"):format(name, problem))
  end
end

---@param expected any
---@param actual any
---@param about? string
function _G.same(expected, actual, about)
  if not vim.deep_equal(expected, actual) then
    error(
      ("%sexpected:\n%s\nbut it is:\n%s"):format(
        about and about .. "\n" or "",
        vim.inspect(expected),
        vim.inspect(actual)
      ),
      2
    )
  end
end

---@param text string
---@param part string
function _G.contains(text, part)
  if not text:find(part, 1, true) then
    error(("expected %q in:\n%s"):format(part, text), 2)
  end
end

local clean_ups = {}

--- Something to be done when a test file has ended, whatever became of it.
---@param clean_up fun()
function _G.finally(clean_up)
  table.insert(clean_ups, clean_up)
end

for _, file in ipairs(_G.arg) do
  print((vim.fn.fnamemodify(file, ":t:r"):gsub("_", " ")))
  local ok, problem = xpcall(dofile, debug.traceback, file)
  if not ok then
    failed = failed + 1
    print("  FAILED  " .. problem)
  end
  for index = #clean_ups, 1, -1 do
    local done, trouble = pcall(clean_ups[index])
    if not done then
      failed = failed + 1
      print("  FAILED  cleaning up: " .. trouble)
    end
  end
  clean_ups = {}
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1)
