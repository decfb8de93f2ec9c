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
  server = {},
  reconnect = {},
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

local from_setup = {}

---@param opts? table
function M.setup(opts)
  from_setup = opts or {}
end

---@return sidestream.Config
function M.get()
  ---@diagnostic disable-next-line: return-type-mismatch
  return vim.tbl_deep_extend("force", M.defaults --[[@as table]], vim.g.sidestream or {}, from_setup)
end

-- Types of the settings that have no default.
local optional = { command = "table", root = "function" }
-- Their keys are not ours to know.
local free = { server = true, reconnect = true, ["panel.expand"] = true }
-- More than one type will do.
local loose = { notify = true }

---@param given table
---@param known table
---@param path string
---@param problems string[]
local function compare(given, known, path, problems)
  for key, value in pairs(given) do
    local name = path .. tostring(key)
    local expected = known[key]
    local expected_type = path == "" and optional[key] or type(expected)
    if expected_type == "nil" then
      table.insert(problems, ("`%s` is not a setting of Sidestream."):format(name))
    elseif type(value) ~= expected_type and not loose[name] and not name:find("^keymaps%..") then
      table.insert(problems, ("`%s` must be a %s, not a %s."):format(name, expected_type, type(value)))
    elseif type(expected) == "table" and not free[name] then
      compare(value, expected, name .. ".", problems)
    end
  end
end

--- What is wrong in the user's settings.
---@return string[]
function M.problems()
  local problems = {}
  local given = vim.tbl_deep_extend("force", vim.g.sidestream or {}, from_setup) --[[@as table]]
  compare(given, M.defaults, "", problems)
  table.sort(problems)
  return problems
end

return M
