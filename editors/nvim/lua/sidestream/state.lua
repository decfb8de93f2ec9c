-- What the server told about instances and sessions, and what waits for the user, by id.
-- All of it can be thrown away: the server tells it again. Messages are not here: see transcript.lua.

local client = require("sidestream.client")
local events = require("sidestream.events")

local M = {
  ---@type table<string, sidestream.Instance>
  instances = {},
  ---@type table<string, sidestream.Session>
  sessions = {},
  ---@type table<string, sidestream.Permission>
  permissions = {},
  ---@type table<string, sidestream.Question>
  questions = {},
  ---@type table<string, sidestream.Catalog>
  catalogs = {},
  --- How often each folder's connection was lost.
  ---@type table<string, integer>
  reconnects = {},
}

-- Which instance a permission or question belongs to.
---@type table<string, string>
local owners = {}

---@param session? sidestream.Session
---@return boolean
function M.is_running(session)
  local status = session and session.status.type or "idle"
  return status ~= "idle" and status ~= "error"
end

---@param session sidestream.Session
local function keep_session(session)
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

---@param id string
local function forget_session(id)
  M.sessions[id] = nil
  for _, waiting in ipairs({ M.permissions, M.questions }) do
    for key, item in pairs(waiting) do
      if item.sessionId == id then
        waiting[key] = nil
      end
    end
  end
  events.emit("SessionRemoved", { sessionId = id })
end

-- Keeps a list of what waits, whole: what is not in it waits no more.
---@param instance_id string
---@param kind "permissions"|"questions"
---@param list table[]
local function keep_waiting(instance_id, kind, list)
  local asked = kind == "permissions" and "PermissionAsked" or "QuestionAsked"
  local resolved = kind == "permissions" and "PermissionResolved" or "QuestionResolved"
  local singular = kind == "permissions" and "permission" or "question"
  local seen = {}
  for _, item in ipairs(list) do
    seen[item.id] = true
    if not M[kind][item.id] then
      M[kind][item.id], owners[item.id] = item, instance_id
      events.emit(asked, { [singular] = item })
    end
  end
  for id in pairs(M[kind]) do
    if owners[id] == instance_id and not seen[id] then
      M[kind][id] = nil
      events.emit(resolved, { [singular .. "Id"] = id })
    end
  end
end

---@param instance_id string
local function load_lists(instance_id)
  local params = { instanceId = instance_id }
  client.request("session/list", params, function(_, result)
    for _, session in ipairs(result and result.sessions or {}) do
      keep_session(session)
    end
  end)
  client.request("permission/list", params, function(_, result)
    if result then
      keep_waiting(instance_id, "permissions", result.permissions)
    end
  end)
  client.request("question/list", params, function(_, result)
    if result then
      keep_waiting(instance_id, "questions", result.questions)
    end
  end)
  M.catalog(instance_id, function() end)
end

---@param instance sidestream.Instance
function M.keep_instance(instance)
  local before = M.instances[instance.id]
  M.instances[instance.id] = instance
  local was = before and before.state
  if instance.state == "reconnecting" and was ~= "reconnecting" then
    M.reconnects[instance.id] = (M.reconnects[instance.id] or 0) + 1
  end
  if instance.state == "connected" and was ~= "connected" then
    load_lists(instance.id)
  end
  events.emit("InstanceChanged", { instance = instance })
end

--- Agents, models and commands of an instance; asked for once, then kept current by the server.
---@param instance_id string
---@param callback fun(catalog: sidestream.Catalog?)
function M.catalog(instance_id, callback)
  if M.catalogs[instance_id] then
    return callback(M.catalogs[instance_id])
  end
  client.request("catalog", { instanceId = instance_id }, function(_, result)
    if result then
      M.catalogs[instance_id] = result
    end
    callback(result)
  end)
end

---@type table<string, fun(params: table)>
local handlers = {
  ["instance/didChange"] = function(params)
    M.keep_instance(params.instance)
  end,
  ["instance/didClose"] = function(params)
    M.instances[params.instanceId] = nil
    M.catalogs[params.instanceId] = nil
    for id, session in pairs(M.sessions) do
      if session.instanceId == params.instanceId then
        M.sessions[id] = nil
      end
    end
    events.emit("InstanceClosed", { instanceId = params.instanceId })
  end,
  ["session/didChange"] = function(params)
    keep_session(params.session)
  end,
  ["session/didRemove"] = function(params)
    forget_session(params.sessionId)
  end,
  ["permission/didAsk"] = function(params)
    M.permissions[params.permission.id] = params.permission
    owners[params.permission.id] = params.instanceId
    events.emit("PermissionAsked", { permission = params.permission })
  end,
  ["permission/didResolve"] = function(params)
    M.permissions[params.permissionId] = nil
    events.emit("PermissionResolved", { permissionId = params.permissionId, reply = params.reply })
  end,
  ["question/didAsk"] = function(params)
    M.questions[params.question.id] = params.question
    owners[params.question.id] = params.instanceId
    events.emit("QuestionAsked", { question = params.question })
  end,
  ["question/didResolve"] = function(params)
    M.questions[params.questionId] = nil
    events.emit("QuestionResolved", { questionId = params.questionId })
  end,
  ["catalog/didChange"] = function(params)
    M.catalogs[params.instanceId] = params.catalog
  end,
}

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

--- Which instance a permission or a question came from.
---@param id string
---@return string?
function M.owner(id)
  return owners[id]
end

---@generic T: { id: string }
---@param waiting table<string, T>
---@return T[]
local function sorted(waiting)
  local list = vim.tbl_values(waiting)
  table.sort(list, function(a, b)
    return a.id < b.id
  end)
  return list
end

--- All permissions that wait, oldest first.
---@return sidestream.Permission[]
function M.waiting_permissions()
  return sorted(M.permissions)
end

--- All questions that wait, oldest first.
---@return sidestream.Question[]
function M.waiting_questions()
  return sorted(M.questions)
end

-- A sub-agent's request also counts for the sessions above it.
---@param item { sessionId: string, path?: { id: string }[] }
---@param session_id string
---@return boolean
local function concerns(item, session_id)
  if item.sessionId == session_id then
    return true
  end
  for _, above in ipairs(item.path or {}) do
    if above.id == session_id then
      return true
    end
  end
  local session = M.sessions[item.sessionId]
  while session and session.parentId do
    if session.parentId == session_id then
      return true
    end
    session = M.sessions[session.parentId]
  end
  return false
end

--- What waits in a session or below it.
---@param session_id string
---@return sidestream.Permission[] permissions, sidestream.Question[] questions
function M.waiting_in(session_id)
  local function of(list)
    return vim.tbl_filter(function(item)
      return concerns(item, session_id)
    end, list)
  end
  return of(M.waiting_permissions()), of(M.waiting_questions())
end

--- The instance that has a folder.
---@param directory string
---@return sidestream.Instance?
function M.instance_of(directory)
  local real = vim.uv.fs_realpath(directory) or directory
  for _, instance in pairs(M.instances) do
    if instance.directory == real then
      return instance
    end
  end
end

--- Everything is gone, because the server is.
function M.clear()
  for id in pairs(M.permissions) do
    M.permissions[id] = nil
    events.emit("PermissionResolved", { permissionId = id })
  end
  for id in pairs(M.questions) do
    M.questions[id] = nil
    events.emit("QuestionResolved", { questionId = id })
  end
  M.instances, M.sessions, M.catalogs = {}, {}, {}
  owners = {}
end

return M
