-- What the server told about instances and sessions, and what waits for the user, by id.
-- All of it can be thrown away: the server tells it again. Messages are not here: see transcript.lua.

local client = require("sidestream.client")
local events = require("sidestream.events")

---@class sidestream.Waiting
---@field kind "permission"|"question"
---@field instance_id string
---@field item sidestream.Permission|sidestream.Question

local M = {
  ---@type table<string, sidestream.Instance>
  instances = {},
  ---@type table<string, sidestream.Session>
  sessions = {},
  --- Permissions and questions.
  ---@type table<string, sidestream.Waiting>
  waiting = {},
  ---@type table<string, sidestream.Catalog>
  catalogs = {},
  --- How often each folder's connection was lost.
  ---@type table<string, integer>
  reconnects = {},
}

---@param session? sidestream.Session
---@return boolean
function M.is_running(session)
  local status = session and session.status.type or "idle"
  return status ~= "idle" and status ~= "error"
end

---@param id? string
---@param otherwise string when it has none, or is not known
---@return string
function M.title(id, otherwise)
  local session = M.sessions[id or ""]
  return session and session.title ~= "" and session.title or otherwise
end

---@param session sidestream.Session
function M.keep_session(session)
  local before = M.sessions[session.id]
  M.sessions[session.id] = session
  events.emit("SessionChanged", { session = session })
  local ran, runs = M.is_running(before), M.is_running(session)
  if runs and not ran then
    events.emit("RunStarted", { session = session })
  elseif ran and not runs then
    events.emit("RunEnded", { session = session })
  end
end

--- Sessions as the server lists them now, the newest first.
---@param instance_id string
---@param page { cursor?: string, archived?: sidestream.Archived }
---@param callback? fun(cursor?: string) when they are known, with the place of the next page
function M.load_sessions(instance_id, page, callback)
  local params = { instanceId = instance_id, cursor = page.cursor, archived = page.archived }
  client.request("session/list", params, function(_, result)
    vim.iter(result and result.sessions or {}):each(M.keep_session)
    if callback then
      callback(result and result.cursor)
    end
  end)
end

--- Waiting --------------------------------------------------------------------

local NAMES = { permission = "Permission", question = "Question" }

---@param kind "permission"|"question"
---@param instance_id string
---@param item sidestream.Permission|sidestream.Question
local function asked(kind, instance_id, item)
  if not M.waiting[item.id] then
    M.waiting[item.id] = { kind = kind, instance_id = instance_id, item = item }
    events.emit(NAMES[kind] .. "Asked", { [kind] = item })
  end
end

---@param id string
---@param reply? string
local function resolved(id, reply)
  local waiting = M.waiting[id]
  if waiting then
    M.waiting[id] = nil
    events.emit(NAMES[waiting.kind] .. "Resolved", { [waiting.kind .. "Id"] = id, reply = reply })
  end
end

---@param item sidestream.Permission|sidestream.Question
---@param session_id string
---@return boolean
local function concerns(item, session_id)
  local above = vim.iter(item.path or {}):any(function(session)
    return session.id == session_id
  end)
  return above or item.sessionId == session_id
end

--- What waits, oldest first: in all sessions, or in one and its sub-agents.
---@param kind "permission"|"question"
---@param session_id? string
---@return any[] items
function M.waiting_items(kind, session_id)
  local items = {}
  for _, waiting in pairs(M.waiting) do
    if waiting.kind == kind and (not session_id or concerns(waiting.item, session_id)) then
      table.insert(items, waiting.item)
    end
  end
  table.sort(items, function(a, b)
    return a.id < b.id
  end)
  return items
end

--- Instances --------------------------------------------------------------------

--- Agents, models and commands of an instance; asked for once, then kept current by the server.
---@param instance_id string
---@param callback fun(catalog: sidestream.Catalog?)
function M.catalog(instance_id, callback)
  if M.catalogs[instance_id] then
    return callback(M.catalogs[instance_id])
  end
  client.request("catalog", { instanceId = instance_id }, function(_, result)
    M.catalogs[instance_id] = result
    callback(result)
  end)
end

--- Whether this OpenCode can do something with a session.
---@param instance_id? string
---@param action string as the method is named, without "session/"
---@return boolean
function M.supports(instance_id, action)
  local catalog = M.catalogs[instance_id or ""]
  return not catalog or not vim.tbl_contains(catalog.unsupported, "session/" .. action)
end

---@param instance sidestream.Instance
function M.keep_instance(instance)
  local before = M.instances[instance.id]
  local was = before and before.state
  M.instances[instance.id] = instance
  if instance.state == "reconnecting" and was ~= "reconnecting" then
    M.reconnects[instance.id] = (M.reconnects[instance.id] or 0) + 1
  elseif instance.state == "connected" and was ~= "connected" then
    M.load_sessions(instance.id, {})
    M.catalog(instance.id, function() end)
  end
  events.emit("InstanceChanged", { instance = instance })
end

--- The instance that has a folder.
---@param directory string with links resolved
---@return sidestream.Instance?
function M.instance_of(directory)
  return vim.iter(vim.tbl_values(M.instances)):find(function(instance)
    return instance.directory == directory
  end)
end

--- What the server tells ----------------------------------------------------------

---@type table<string, fun(params: table)>
local handlers = {
  ["instance/didChange"] = function(params)
    M.keep_instance(params.instance)
  end,
  ["instance/didClose"] = function(params)
    M.instances[params.instanceId], M.catalogs[params.instanceId] = nil, nil
    for id, session in pairs(M.sessions) do
      if session.instanceId == params.instanceId then
        M.sessions[id] = nil
      end
    end
    events.emit("InstanceClosed", { instanceId = params.instanceId })
  end,
  ["session/didChange"] = function(params)
    M.keep_session(params.session)
  end,
  ["session/didRemove"] = function(params)
    M.sessions[params.sessionId] = nil
    events.emit("SessionRemoved", { sessionId = params.sessionId })
  end,
  ["catalog/didChange"] = function(params)
    M.catalogs[params.instanceId] = params.catalog
  end,
}

for kind in pairs(NAMES) do
  handlers[kind .. "/didAsk"] = function(params)
    asked(kind, params.instanceId, params[kind])
  end
  handlers[kind .. "/didResolve"] = function(params)
    resolved(params[kind .. "Id"], params.reply)
  end
end

---@param method string without "sidestream/"
---@param params table
---@return boolean known
function M.apply(method, params)
  local handler = handlers[method]
  if handler then
    handler(params)
  end
  return handler ~= nil
end

--- Everything is gone, because the server is.
function M.clear()
  for id in pairs(M.waiting) do
    resolved(id)
  end
  M.instances, M.sessions, M.catalogs = {}, {}, {}
end

return M
