-- The user's settings: the defaults, `vim.g.sidestream` over them, `setup(opts)` over both.

local M = {}

---@class sidestream.Keymaps
---@field panel table<string, string|false> action -> key in the panel; false leaves the key alone
---@field prompt table<string, string|false>

---@class sidestream.Panel
---@field layout "right"|"left"|"float"|"current"
---@field width number columns, or a part of the screen when at most 1
---@field prompt_height integer lines; the prompt grows to twice as many
---@field expand table<string, boolean> kinds of blocks that are open at first
---@field diff_lines integer lines of a diff that an open edit shows at most

---@class sidestream.Config
---@field command? string[] the `sidestream` program; found by itself when absent
---@field root? fun(): string the folder to work in; the working directory when absent
---@field server table where OpenCode comes from, as in the protocol's `ServerSettings`
---@field reconnect table
---@field panel sidestream.Panel
---@field keymaps sidestream.Keymaps
---@field code_actions boolean offer code actions in files
---@field notify boolean|"message"|fun(text: string) when a run ends or waits and Neovim is not focused

---@type sidestream.Config
M.defaults = {
  server = vim.empty_dict(),
  reconnect = vim.empty_dict(),
  panel = {
    layout = "right",
    width = 0.42,
    prompt_height = 5,
    expand = { edit = true },
    diff_lines = 40,
  },
  keymaps = {
    panel = {
      allow = "a",
      always = "A",
      reject = "r",
      reject_with_message = "R",
      fold = "<Tab>",
      open = "<CR>",
      parent = "-",
      next_message = "]]",
      previous_message = "[[",
      prompt = "i",
      sessions = "s",
      review = "d",
      revert = "u",
      unrevert = "<C-r>",
      unqueue = "x",
      abort = "<C-c>",
      close = "q",
      help = "g?",
    },
    prompt = {
      send = "<CR>",
      send_insert = "<C-s>",
      abort = "<C-c>",
      older = "<C-p>",
      newer = "<C-n>",
      context = "<C-g>",
      paste_image = "<C-v>",
      close = "q",
    },
  },
  code_actions = true,
  notify = true,
}

M.LAYOUTS = { "right", "left", "float", "current" }

---@type any
local from_setup = {}
---@type sidestream.Config?
local known

-- Types of the settings that have no default.
local optional = { command = "table", root = "function" }
-- Their keys are not ours to know.
local free = { server = true, reconnect = true, ["panel.expand"] = true }

-- What is right in the settings that are given.
---@param given table
---@param defaults table
---@param path string
---@param problems string[]
---@return table
local function check(given, defaults, path, problems)
  local right = {}
  for key, value in pairs(given) do
    local name, default = path .. tostring(key), defaults[key]
    local expected = path == "" and optional[key] or type(default)
    local switched_off = value == false and name:find("^keymaps%.%w+%.") ~= nil
    if expected == "nil" then
      table.insert(problems, ("`%s` is not a setting of Sidestream."):format(name))
    elseif type(value) ~= expected and not switched_off and name ~= "notify" then
      table.insert(problems, ("`%s` must be a %s, not a %s."):format(name, expected, type(value)))
    else
      right[key] = type(default) == "table" and not free[name] and check(value, default, name .. ".", problems) or value
    end
  end
  return right
end

---@param problems string[]
---@return table
local function read(problems)
  local given = {}
  for _, source in ipairs({ vim.g.sidestream or {}, from_setup }) do
    if type(source) == "table" then
      given = vim.tbl_deep_extend("force", given, source) --[[@as table]]
    else
      table.insert(problems, ("The settings must be a table, not a %s."):format(type(source)))
    end
  end
  return check(given, M.defaults, "", problems)
end

--- What is wrong in the user's settings; it does not count.
---@return string[]
function M.problems()
  local problems = {}
  read(problems)
  table.sort(problems)
  return problems
end

---@param opts? any
function M.setup(opts)
  from_setup, known = opts or {}, nil
end

--- The settings as they are now; they are read once in each turn of the main loop.
---@return sidestream.Config
function M.get()
  if not known then
    known = vim.tbl_deep_extend("force", M.defaults --[[@as table]], read({})) --[[@as sidestream.Config]]
    vim.schedule(function()
      known = nil
    end)
  end
  return known
end

--- The folder that the user works in.
---@return string
function M.directory()
  local root = M.get().root
  local directory = root and root() or vim.fn.getcwd(-1, 0)
  return vim.uv.fs_realpath(directory) or directory
end

return M
