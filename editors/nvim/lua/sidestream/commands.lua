-- `:Sidestream SUBCOMMAND`: what there is, what it takes, and how it is completed.

local api = require("sidestream")
local actions = require("sidestream.actions")
local notify = require("sidestream.notify")

local M = {}

---@alias sidestream.CommandArguments { range: integer, line1: integer, line2: integer, bang: boolean }

---@class sidestream.Subcommand
---@field does string one line
---@field run fun(rest: string, command: sidestream.CommandArguments)
---@field completions? string[]

---@type table<string, sidestream.Subcommand>
M.all = {}

---@param name string
---@param does string
---@param run fun(rest: string, command: sidestream.CommandArguments)
---@param completions? string[]
local function define(name, does, run, completions)
  M.all[name] = { does = does, run = run, completions = completions }
end

-- One that another file does, which is not loaded before.
---@param name string
---@param does string
---@param where string "module.function", which gets what follows the subcommand
---@param completions? string[]
local function calls(name, does, where, completions)
  local module, action = where:match("^(.*)%.(.*)$")
  define(name, does, function(rest)
    require("sidestream." .. module)[action](rest)
  end, completions)
end

-- One about the session that is shown.
---@param name string
---@param does string
local function acts(name, does)
  define(name, does, function(rest, command)
    local session = api.session()
    if session then
      actions[name](session, rest, command)
    else
      notify.warn("No session is shown. :Sidestream sessions shows one, :Sidestream open begins one.")
    end
  end)
end

---@param name string
---@param does string
---@param reply "once"|"always"|"reject"
local function replies(name, does, reply)
  define(name, does, function(rest)
    require("sidestream.waiting").reply_next(reply, rest ~= "" and rest or nil)
  end)
end

-- The lines that a command was given.
---@param command sidestream.CommandArguments
---@return sidestream.Chip?
local function lines(command)
  if command.range > 0 then
    return require("sidestream.context").lines(vim.api.nvim_get_current_buf(), command.line1, command.line2)
  end
end

define("open", "show the panel: right, left, float or current", function(rest)
  local layout = rest ~= "" and rest or nil --[[@as any]]
  api.open({ layout = layout })
end, { "right", "left", "float", "current" })
define("close", "hide the panel", api.close)
define("toggle", "show or hide the panel", function()
  api.toggle()
end)
define("new", "begin a new session", function()
  api.open({ new = true })
end)
define("send", "send a prompt: :Sidestream send TEXT; with a range, the lines go along", function(rest, command)
  local chip = lines(command)
  api.open({ focus = false })
  api.send(rest, { parts = chip and chip.parts })
end)
define("ask", "write a prompt; with a range, the lines are attached", function(rest, command)
  require("sidestream.context").ask(lines(command), rest)
end)
define("add", "attach to the prompt: file, diagnostics, quickfix, image; with a range, lines", function(rest, command)
  local chip = lines(command)
  if chip then
    api.chat().prompt:attach_chip(chip)
  else
    require("sidestream.context").add(rest ~= "" and rest or "file", api.chat().prompt)
  end
end, { "file", "diagnostics", "quickfix", "image" })

define("context", "attach something to the prompt, or take it away", function()
  require("sidestream.context").pick(api.chat().prompt)
end)

acts("abort", "stop the run")
acts("tree", "pick one of the session's sub-agents")
acts("parent", "go to the session that started this one")
acts("rename", "give the session another title")
acts("delete", "delete the session; ! does not ask")
acts("archive", "put the session into the archive")
acts("unarchive", "take the session out of the archive")
acts("fork", "go on in a copy of the session")
acts("share", "publish the session, and copy its address")
acts("unshare", "take the published copy back")
acts("compact", "have the context summarised")
acts("export", "show the session as Markdown")
acts("unrevert", "undo revert")

define("sessions", "pick a session", function()
  require("sidestream.sessions").show()
end)
calls("agent", "pick the agent", "pickers.agents")
calls("model", "pick the model", "pickers.models")
calls("variant", "pick how hard the model thinks", "pickers.variants")
calls("mode", "pick what may be done without asking", "pickers.modes")
calls("todos", "show what the model has to do", "pickers.todos")
calls("revert", "take the session and its files back to before a prompt", "review.revert")
calls("review", "what the last turn changed, as diffs; `all` for the whole session", "review.open", { "all" })
calls("accept", "keep the reviewed file as it is", "review.accept")
calls("restore", "take the reviewed file back to what it was", "review.restore")
calls("next", "review the next file", "review.next")
calls("conflicts", "files changed on disk and in Neovim", "files.conflicts")
calls("inbox", "answer what waits, in any session", "waiting.inbox")
replies("allow", "allow what waits, once", "once")
replies("always", "allow what waits, from now on", "always")
replies("reject", "reject what waits; :Sidestream reject TEXT says what to do instead", "reject")

calls("restart", "restart the OpenCode server; `all` restarts Sidestream too", "servers.restart", { "all" })
calls("reconnect", "connect to the OpenCode server now", "servers.reconnect")
calls("stop", "stop Sidestream, and the servers that it started", "servers.stop")
calls("logs", "what the OpenCode server said", "logs.logs")
calls("events", "the raw events that came", "logs.events")
define("health", ":checkhealth sidestream", function()
  vim.cmd.checkhealth("sidestream")
end)

---@param command table as user commands get it
function M.run(command)
  local name, rest = command.args:match("^%s*(%S*)%s*(.-)%s*$")
  local known = M.all[name == "" and "toggle" or name]
  if known then
    known.run(rest, command)
  else
    notify.error(("`%s` is no subcommand of :Sidestream. <Tab> completes them."):format(name))
  end
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local name = line:match("Sidestream!?%s+(%S+)%s")
  local candidates = vim.tbl_keys(M.all)
  if name then
    candidates = M.all[name] and vim.list_slice(M.all[name].completions or {}) or {}
  end
  table.sort(candidates)
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

return M
