-- `:Sidestream SUBCOMMAND`: what there is, what it takes, and how it is completed.

local chats = require("sidestream.chat")
local client = require("sidestream.client")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

---@class sidestream.Subcommand
---@field does string one line
---@field run fun(rest: string, command: table)
---@field complete? fun(): string[]

local function api()
  return require("sidestream")
end

-- The session that a command is about; says so if there is none.
---@param action fun(chat: sidestream.Chat, session: sidestream.Session)
local function with_session(action)
  local chat = require("sidestream.panel").chat()
  local session = chat and chat:session()
  if not chat or not session then
    return notify.warn("No session is shown. :Sidestream sessions shows one, :Sidestream open begins one.")
  end
  action(chat, session)
end

-- A command that is one request about the session.
---@param does string
---@param method string
---@param done? fun(result: any, session: sidestream.Session)
---@return sidestream.Subcommand
local function request(does, method, done)
  return {
    does = does,
    run = function()
      with_session(function(chat, session)
        client.call(method, chat:params(), function(result)
          if done then
            done(result, session)
          end
        end)
      end)
    end,
  }
end

---@param does string
---@param module string
---@param action string
---@return sidestream.Subcommand
local function calls(does, module, action)
  return {
    does = does,
    run = function(rest)
      require("sidestream." .. module)[action](rest)
    end,
  }
end

---@param does string
---@param reply "once"|"always"|"reject"
---@return sidestream.Subcommand
local function replies(does, reply)
  return {
    does = does,
    run = function(rest)
      require("sidestream.waiting").reply_next(reply, rest ~= "" and rest or nil)
    end,
  }
end

---@type table<string, sidestream.Subcommand>
M.all = {
  open = {
    does = "show the panel: right, left, float or current",
    run = function(rest)
      api().open({ layout = rest ~= "" and rest or nil })
    end,
    complete = function()
      return { "right", "left", "float", "current" }
    end,
  },
  close = {
    does = "hide the panel",
    run = function()
      api().close()
    end,
  },
  toggle = {
    does = "show or hide the panel",
    run = function()
      api().toggle()
    end,
  },
  new = {
    does = "begin a new session",
    run = function()
      api().open({ new = true })
    end,
  },
  send = {
    does = "send a prompt: :Sidestream send TEXT; with a range, the lines go along",
    run = function(rest, command)
      local parts = command.range > 0 and require("sidestream.context").lines(0, command.line1, command.line2).parts
        or nil
      api().open({ focus = false })
      api().send(rest, { parts = parts })
    end,
  },
  ask = {
    does = "write a prompt; with a range, the lines are attached",
    run = function(rest, command)
      local context = require("sidestream.context")
      local chip = command.range > 0 and context.lines(0, command.line1, command.line2)
      api().open()
      local prompt = api().chat().prompt
      if chip then
        prompt:attach_chip(chip)
      end
      if rest ~= "" then
        prompt:set_text(rest)
      end
      vim.cmd.startinsert({ bang = true })
    end,
  },
  add = {
    does = "attach to the prompt: file, diagnostics, quickfix, image; with a range, lines",
    run = function(rest, command)
      local context = require("sidestream.context")
      if command.range > 0 then
        api().chat().prompt:attach_chip(context.lines(0, command.line1, command.line2))
      else
        context.add(rest ~= "" and rest or "file", api().chat().prompt)
      end
    end,
    complete = function()
      return { "file", "diagnostics", "quickfix", "image" }
    end,
  },
  abort = {
    does = "stop the run",
    run = function()
      api().abort()
    end,
  },
  sessions = calls("pick a session", "pickers", "sessions"),
  tree = calls("pick one of the session's sub-agents", "pickers", "tree"),
  agent = calls("pick the agent", "pickers", "agents"),
  model = calls("pick the model", "pickers", "models"),
  variant = calls("pick how hard the model thinks", "pickers", "variants"),
  mode = calls("pick what may be done without asking", "pickers", "modes"),
  todos = calls("show what the model has to do", "pickers", "todos"),
  parent = {
    does = "go to the session that started this one",
    run = function()
      with_session(function(_, session)
        if session.parentId then
          api().open({ session = session.parentId, focus = false })
        else
          notify.info("This session has no parent.")
        end
      end)
    end,
  },
  rename = {
    does = "give the session another title",
    run = function(rest)
      with_session(function(chat, session)
        local function rename(title)
          if title and title ~= "" then
            client.call("session/rename", chat:params({ title = title }))
          end
        end
        if rest ~= "" then
          rename(rest)
        else
          vim.ui.input({ prompt = "Title: ", default = session.title }, rename)
        end
      end)
    end,
  },
  delete = {
    does = "delete the session; ! does not ask",
    run = function(_, command)
      with_session(function(chat, session)
        local question = ("Delete the session “%s”?"):format(session.title)
        if command.bang or vim.fn.confirm(question, "&Delete\n&Keep", 2) == 1 then
          client.call("session/delete", chat:params())
        end
      end)
    end,
  },
  archive = request("put the session into the archive", "session/archive"),
  unarchive = request("take the session out of the archive", "session/unarchive"),
  fork = request("go on in a copy of the session", "session/fork", function(fork)
    state.sessions[fork.id] = state.sessions[fork.id] or fork
    api().open({ session = fork.id })
  end),
  share = request("publish the session, and copy its address", "session/share", function(session)
    vim.fn.setreg("+", session.shareUrl or "")
    notify.info(("Published at %s"):format(session.shareUrl or "an unknown address"))
  end),
  unshare = request("take the published copy back", "session/unshare", function()
    notify.info("The session is no longer published.")
  end),
  compact = request("have the context summarised", "session/compact"),
  export = request("show the session as Markdown", "session/export", function(result)
    require("sidestream.logs").show(result.filename, vim.split(result.markdown, "\n"), "markdown")
  end),
  revert = calls("take the session and its files back to before a prompt", "review", "revert"),
  unrevert = calls("undo revert", "review", "unrevert"),
  review = calls("what the last turn changed, as diffs; `all` for the whole session", "review", "open"),
  accept = calls("keep the reviewed file as it is", "review", "accept"),
  restore = calls("take the reviewed file back to what it was", "review", "restore"),
  next = calls("review the next file", "review", "next"),
  inbox = calls("answer what waits, in any session", "waiting", "inbox"),
  allow = replies("allow what waits, once", "once"),
  always = replies("allow what waits, from now on", "always"),
  reject = replies("reject what waits; :Sidestream reject TEXT says what to do instead", "reject"),
  restart = calls("restart the OpenCode server; `all` restarts Sidestream too", "servers", "restart"),
  reconnect = calls("connect to the OpenCode server now", "servers", "reconnect"),
  stop = {
    does = "stop Sidestream, and the servers that it started",
    run = function()
      client.stop()
    end,
  },
  logs = calls("what the OpenCode server said", "logs", "logs"),
  events = calls("the raw events that came", "logs", "events"),
  conflicts = calls("files changed on disk and in Neovim", "files", "conflicts"),
  health = {
    does = ":checkhealth sidestream",
    run = function()
      vim.cmd.checkhealth("sidestream")
    end,
  },
}

---@param command table as user commands get it
function M.run(command)
  local name, rest = command.args:match("^%s*(%S*)%s*(.-)%s*$")
  if name == "" then
    name = "toggle"
  end
  local known = M.all[name]
  if not known then
    return notify.error(("`%s` is no subcommand of :Sidestream. <Tab> completes them."):format(name))
  end
  known.run(rest, command)
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local name = line:match("Sidestream!?%s+(%S+)%s")
  local candidates
  if name then
    local known = M.all[name]
    candidates = known and known.complete and known.complete() or {}
  else
    candidates = vim.tbl_keys(M.all)
  end
  table.sort(candidates)
  return vim.tbl_filter(function(candidate)
    return vim.startswith(candidate, lead)
  end, candidates)
end

--- The session of the folder that is worked in, for requests about its instance.
---@param action fun(instance_id: string)
function M.with_instance(action)
  local chat = require("sidestream.panel").chat() or chats.draft()
  if chat.instance_id then
    return action(chat.instance_id)
  end
  client.call("instance/open", { directory = chat.directory }, function(instance)
    action(instance.id)
  end)
end

return M
