-- `:Sidestream SUBCOMMAND`: what there is, what may follow, and how it is completed.

local actions = require("sidestream.actions")
local api = require("sidestream")
local config = require("sidestream.config")
local context = require("sidestream.context")
local files = require("sidestream.files")
local logs = require("sidestream.logs")
local notify = require("sidestream.notify")
local pickers = require("sidestream.pickers")
local review = require("sidestream.review")
local servers = require("sidestream.servers")
local sessions = require("sidestream.sessions")
local state = require("sidestream.state")
local waiting = require("sidestream.waiting")

local M = {}

---@alias sidestream.CommandArguments { range: integer, line1: integer, line2: integer, bang: boolean }
---@alias sidestream.Subcommand fun(rest: string, command: sidestream.CommandArguments)

-- The lines that a command was given.
---@param command sidestream.CommandArguments
---@return sidestream.PromptPart?
local function lines(command)
  if command.range > 0 then
    return context.lines(vim.api.nvim_get_current_buf(), command.line1, command.line2)
  end
end

-- What each does is said in the help.
---@type table<string, sidestream.Subcommand>
local subcommands = {
  close = require("sidestream.panel").close,
  context = context.pick,
  agent = pickers.agents,
  model = pickers.models,
  variant = pickers.variants,
  mode = pickers.modes,
  todos = pickers.todos,
  unqueue = review.unqueue,
  revert = review.revert,
  review = review.open,
  accept = review.accept,
  restore = review.restore,
  next = review.next,
  conflicts = files.conflicts,
  inbox = waiting.inbox,
  sessions = sessions.show,
  restart = servers.restart,
  reconnect = servers.reconnect,
  stop = servers.stop,
  logs = logs.logs,
  events = logs.events,
}

-- What may follow a subcommand.
---@type table<string, string[]>
local completions = { open = config.LAYOUTS, add = context.KINDS, review = { "all" }, restart = { "all" } }

function subcommands.open(rest)
  local layout = rest ~= "" and rest or nil --[[@as any]]
  api.open({ layout = layout })
end

function subcommands.toggle()
  api.toggle()
end

function subcommands.new()
  api.open({ new = true })
end

function subcommands.send(rest, command)
  local part = lines(command)
  api.open({ focus = false })
  api.send(rest, { parts = { part } })
end

function subcommands.ask(rest, command)
  context.ask(lines(command), rest)
end

function subcommands.add(rest, command)
  local part = lines(command)
  if part then
    api.chat().prompt:add(part)
  else
    context.add(rest ~= "" and rest or "file", api.chat().prompt)
  end
end

for name, reply in pairs({ allow = "once", always = "always", reject = "reject" }) do
  subcommands[name] = function(rest)
    waiting.reply_next(reply, rest ~= "" and rest or nil)
  end
end

-- The others are about the session that is shown.
for name, action in pairs(actions) do
  subcommands[name] = subcommands[name]
    or function(rest, command)
      local session = api.session()
      if session then
        action(session, rest, command)
      else
        notify.warn("No session is shown. :Sidestream sessions shows one, :Sidestream open begins one.")
      end
    end
end

---@param command table as user commands get it
function M.run(command)
  local name, bang, rest = command.args:match("^%s*([^%s!]*)(!?)%s*(.-)%s*$")
  local known = subcommands[name == "" and "toggle" or name]
  if known then
    command.bang = command.bang or bang == "!"
    known(rest, command)
  else
    notify.error(("`%s` is no subcommand of :Sidestream. <Tab> completes them."):format(name))
  end
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local name = line:match("Sidestream!?%s+([^%s!]+)!?%s")
  local candidates = name and (completions[name] or {}) or vim.tbl_keys(subcommands)
  local session = api.session()
  candidates = vim.tbl_filter(function(candidate)
    local is_there = name ~= nil or not session or state.supports(session.instanceId, candidate)
    return is_there and vim.startswith(candidate, lead)
  end, candidates)
  table.sort(candidates)
  return candidates
end

return M
