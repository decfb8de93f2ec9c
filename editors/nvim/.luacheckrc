std = "luajit"
read_globals = { "vim" }
globals = { "vim.g", "vim.o", "vim.bo", "vim.wo", "vim.opt_local", "vim.b", "vim.w" }
max_line_length = 120
-- Methods that do not use `self` keep the shape of those that do.
self = false
-- Generated.
exclude_files = { "lua/sidestream/protocol.lua" }
-- Neovim's own table of commands is there to be written to.
files["lua/sidestream/code_actions.lua"] = { ignore = { "122" } }
