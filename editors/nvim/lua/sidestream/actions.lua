-- What can be done with a session: by a command about the one that is shown, or by a key in the list of all.

local client = require("sidestream.client")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

---@type table<string, fun(session: sidestream.Session, rest?: string, command?: sidestream.CommandArguments)>
local M = {}

---@param session sidestream.Session
---@param method string
---@param more? table
---@param done? fun(result: any)
local function request(session, method, more, done)
  local params = { instanceId = session.instanceId, sessionId = session.id }
  client.call("session/" .. method, vim.tbl_extend("force", params, more or {}), done)
end

for _, method in ipairs({ "abort", "archive", "unarchive", "compact" }) do
  M[method] = function(session)
    request(session, method)
  end
end

---@param session sidestream.Session
function M.unrevert(session)
  request(session, "unrevert", nil, require("sidestream.files").check)
end

---@param session sidestream.Session
function M.open(session)
  require("sidestream").open({ session = session.id })
end

--- Shows the session that started this one.
---@param session sidestream.Session
function M.parent(session)
  if session.parentId then
    require("sidestream").open({ session = session.parentId, focus = false })
  else
    notify.info("This session has no parent.")
  end
end

---@param session sidestream.Session
---@param title? string asked for when absent or empty
function M.rename(session, title)
  if title and title ~= "" then
    return request(session, "rename", { title = title })
  end
  vim.ui.input({ prompt = "Title: ", default = session.title }, function(new)
    if new and new ~= "" then
      M.rename(session, new)
    end
  end)
end

---@param session sidestream.Session
---@param _? string
---@param command? table with `bang`, nothing is asked
function M.delete(session, _, command)
  local question = ("Delete the session “%s”?"):format(session.title)
  if command and command.bang or vim.fn.confirm(question, "&Delete\n&Keep", 2) == 1 then
    request(session, "delete")
  end
end

---@param session sidestream.Session
function M.fork(session)
  request(session, "fork", nil, function(fork)
    state.sessions[fork.id] = state.sessions[fork.id] or fork
    M.open(fork)
  end)
end

---@param session sidestream.Session
function M.share(session)
  request(session, "share", nil, function(shared)
    vim.fn.setreg("+", shared.shareUrl or "")
    notify.info(("Published at %s"):format(shared.shareUrl or "an unknown address"))
  end)
end

---@param session sidestream.Session
function M.unshare(session)
  request(session, "unshare", nil, function()
    notify.info("The session is no longer published.")
  end)
end

--- Shows the session as Markdown.
---@param session sidestream.Session
function M.export(session)
  request(session, "export", nil, function(result)
    require("sidestream.logs").show(result.filename, vim.split(result.markdown, "\n"), "markdown")
  end)
end

return M
