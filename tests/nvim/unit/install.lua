-- The README's lines for Neovim's own packages, run as they stand there.

local repository = require("lib.sandbox").repository()

test("as a package of Neovim's own, the plugin is found with its commands", function()
  local home = assert(vim.uv.fs_mkdtemp("/tmp/sidestream-install-XXXXXX"))
  finally(function()
    vim.fn.delete(home, "rf")
  end)
  local readme = table.concat(vim.fn.readfile(repository .. "/editors/nvim/README.md"), "\n")
  local lines = assert(readme:match("```sh\n(mkdir.-)```"))
  -- A state folder that the caller's environment names as "" would be one in the working folder.
  local environment = {
    HOME = home,
    XDG_DATA_HOME = home .. "/.local/share",
    XDG_CONFIG_HOME = home,
    XDG_STATE_HOME = home .. "/.local/state",
    XDG_CACHE_HOME = home .. "/.cache",
    NVIM = "",
  }
  local commands = lines:gsub("/path/to/sidestream", repository)
  local done = vim.system({ "sh", "-ec", commands }, { env = environment }):wait()
  same(0, done.code, done.stderr)
  vim.fn.writefile({}, home .. "/init.lua")
  local nvim =
    { vim.v.progpath, "--headless", "-u", home .. "/init.lua", "-c", "echo exists(':Sidestream')", "-c", "qall" }
  local answer = vim.system(nvim, { env = environment, text = true }):wait()
  same("2", vim.trim(answer.stdout .. answer.stderr))
  assert(vim.uv.fs_stat(home .. "/.local/state/nvim"), "its state is not where the test put it")
end)
