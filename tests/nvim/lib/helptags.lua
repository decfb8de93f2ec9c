-- Makes the help's tags in a copy, and fails on those that are double or lead nowhere.

local source = _G.arg[1]
local copy = vim.fn.tempname()
vim.fn.mkdir(copy, "p")
local problems, defined = {}, {}
for name in vim.fs.dir(source) do
  if name:find("%.txt$") then
    local lines = vim.fn.readfile(source .. "/" .. name)
    vim.fn.writefile(lines, copy .. "/" .. name)
    for number, line in ipairs(lines) do
      if #line > 120 then
        table.insert(problems, ("%s:%d is too long"):format(name, number))
      end
    end
  end
end
vim.cmd.helptags(copy)
for _, line in ipairs(vim.fn.readfile(copy .. "/tags")) do
  defined[line:match("^[^\t]+")] = true
end
for name in vim.fs.dir(copy) do
  for number, line in ipairs(name:find("%.txt$") and vim.fn.readfile(copy .. "/" .. name) or {}) do
    for tag in line:gmatch("|([^| ]+)|") do
      if tag:find("sidestream") and not defined[tag] then
        table.insert(problems, ("%s:%d leads to |%s|, which is nowhere"):format(name, number, tag))
      end
    end
  end
end
vim.fn.delete(copy, "rf")
print(table.concat(problems, "\n"))
os.exit(#problems == 0 and 0 or 1)
