-- Stands in for `sidestream` where only Neovim is measured: one session of 3,000 messages and 10 MB, and
-- 500 appends a second after each prompt. `nvim -l server.lua [appends a second] [seconds]`

local rate, seconds = tonumber(_G.arg[1]) or 500, tonumber(_G.arg[2]) or 6
local MESSAGES, BYTES = 3000, 10 * 1024 * 1024

local now = 1795366800000
local instance = { id = "bench", directory = vim.uv.cwd(), name = "bench", state = "connected", busy = 0, waiting = 0 }
local session = {
  id = "ses_long",
  instanceId = "bench",
  title = "A long session",
  permissionMode = "default",
  status = { type = "idle" },
  time = { created = now, updated = now },
  permissions = 0,
  questions = 0,
}

local prose = "A line of **prose** with `code`, a [link](https://example.org) and nothing new in it.\n"
local code = "\n```lua\nlocal answer = 42\nreturn answer\n```\n\n- an item\n- another\n\n"

local function message(index)
  local from_user = index % 2 == 1
  local size = math.floor(BYTES / MESSAGES)
  local text = prose:rep(math.floor((from_user and 200 or size) / #prose)) .. code
  local parts = { { id = "prt_" .. index, type = "text", text = text } }
  if not from_user then
    table.insert(parts, {
      id = "prt_tool_" .. index,
      type = "tool",
      callId = "call_" .. index,
      tool = "bash",
      kind = "shell",
      summary = "bash cargo test",
      status = "completed",
      input = { command = "cargo test" },
      output = ("test result: ok\n"):rep(math.floor(size / 16)),
    })
  end
  return {
    id = ("msg_%05d"):format(index),
    sessionId = session.id,
    role = from_user and "user" or "assistant",
    parentId = not from_user and ("msg_%05d"):format(index - 1) or nil,
    status = from_user and "sent" or "complete",
    agent = "build",
    time = { created = now + index, completed = now + index + 1 },
    parts = parts,
  }
end

local function page(last, limit)
  local messages = {}
  for index = math.max(1, last - limit + 1), last do
    table.insert(messages, message(index))
  end
  return messages, last > limit and tostring(last - limit) or nil
end

local output = assert(vim.uv.new_pipe(false))
output:open(1)
local function write(body)
  body.jsonrpc = "2.0"
  local text = vim.json.encode(body)
  output:write(("Content-Length: %d\r\n\r\n%s"):format(#text, text))
end

local revision = 0
local function tell(method, params)
  params.instanceId, params.sessionId = "bench", session.id
  if not method:find("^session") then
    revision = revision + 1
    params.revision = revision
  end
  write({ method = "sidestream/" .. method, params = params })
end

local function set_status(status)
  session.status = { type = status }
  tell("session/didChange", { session = session })
end

local function stream()
  set_status("busy")
  local id = ("msg_%05d"):format(MESSAGES + 1 + revision)
  local info = message(2)
  info.id, info.parts, info.status, info.parentId = id, nil, "streaming", id
  info.time = { created = now + MESSAGES + 10 + revision }
  tell("message/didChange", { message = info })
  tell("part/didChange", { messageId = id, part = { id = "prt_" .. id, type = "text", text = "" } })
  local sent, start = 0, vim.uv.hrtime()
  local timer = assert(vim.uv.new_timer())
  timer:start(0, 2, function()
    local due = math.min(rate * seconds, math.floor((vim.uv.hrtime() - start) / 1e9 * rate))
    while sent < due do
      sent = sent + 1
      local text = sent % 12 == 0 and "lorem ipsum.\n" or "**lorem** `ipsum` "
      tell("part/didAppend", { messageId = id, partId = "prt_" .. id, field = "text", text = text })
    end
    if sent == rate * seconds then
      timer:close()
      set_status("idle")
    end
  end)
end

local answers = {
  initialize = function()
    return {
      serverInfo = { name = "sidestream", version = "bench" },
      capabilities = { experimental = { sidestream = { protocolVersion = 1 } } },
    }
  end,
  ["sidestream/instance/open"] = function()
    return instance
  end,
  ["sidestream/session/list"] = function()
    return { sessions = { session } }
  end,
  ["sidestream/permission/list"] = function()
    return { permissions = vim.empty_dict() }
  end,
  ["sidestream/question/list"] = function()
    return { questions = vim.empty_dict() }
  end,
  ["sidestream/session/open"] = function(params)
    local messages, cursor = page(MESSAGES, params.limit)
    return {
      session = session,
      messages = messages,
      cursor = cursor,
      revision = revision,
      permissions = vim.empty_dict(),
      questions = vim.empty_dict(),
      todos = vim.empty_dict(),
    }
  end,
  ["sidestream/session/history"] = function(params)
    local messages, cursor = page(tonumber(params.cursor), params.limit)
    return { messages = messages, cursor = cursor }
  end,
  ["sidestream/session/send"] = function()
    vim.schedule(stream)
    return { state = "sent" }
  end,
}

local input, buffered = assert(vim.uv.new_pipe(false)), ""
input:open(0)
input:read_start(vim.schedule_wrap(function(_, data)
  if not data then
    os.exit(0)
  end
  buffered = buffered .. data
  while true do
    local length, start = buffered:match("Content%-Length: (%d+)\r\n.-\r?\n?\r\n()")
    if not length or #buffered < start + length - 1 then
      return
    end
    local body = vim.json.decode(buffered:sub(start, start + length - 1))
    buffered = buffered:sub(start + length)
    if body.method == "exit" then
      os.exit(0)
    elseif body.id then
      local answer = answers[body.method]
      write({ id = body.id, result = answer and answer(body.params) or vim.empty_dict() })
    end
  end
end))
vim.wait(2 ^ 31 - 1, function()
  return false
end, 60000)
