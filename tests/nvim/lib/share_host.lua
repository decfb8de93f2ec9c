-- Where OpenCode publishes sessions to is on the internet: this stands in for it.

local M = { ADDRESS = "https://share.example/s/abc" }

local ANSWERS = {
  ["POST /api/share"] = { id = "s", url = M.ADDRESS, secret = "x" },
  ["DELETE /api/share/s"] = vim.empty_dict(),
  ["POST /api/share/s/sync"] = vim.empty_dict(),
}

--- Listens as long as the test file runs.
---@return string url
function M.start()
  local server = assert(vim.uv.new_tcp())
  assert(server:bind("127.0.0.1", 0))
  finally(function()
    server:close()
  end)
  server:listen(16, function()
    local client = assert(vim.uv.new_tcp())
    server:accept(client)
    local heard = ""
    client:read_start(function(_, data)
      heard = heard .. (data or "")
      local request = heard:match("^(%u+ %S+) HTTP")
      if not data or not request or not heard:find("\r\n\r\n", 1, true) then
        return
      end
      client:read_stop()
      local body = vim.json.encode(ANSWERS[request] or { error = request })
      local head = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
      client:write(head:format(ANSWERS[request] and "200 OK" or "404 Not Found", #body) .. body, function()
        client:close()
      end)
    end)
  end)
  return "http://127.0.0.1:" .. server:getsockname().port
end

return M
