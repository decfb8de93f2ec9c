-- Measures Neovim itself: how long a long session takes to be seen and to be complete, how long anything
-- blocks meanwhile, and what streaming costs, in a short session and in a long one.
-- `nvim -l tests/nvim/bench/main.lua`; fails when a limit is passed and STRICT is set.

local here = vim.fs.normalize(vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h"))
package.path = vim.fs.dirname(here) .. "/?.lua;" .. package.path
local editors = require("lib.editor")
local sandboxes = require("lib.sandbox")

local SECONDS = 6
local sandbox = sandboxes.new()
local failed = false

local function report(what, value, unit, limit)
  local over = value > limit
  failed = failed or over
  print(("%-58s %8.1f %-4s (limit %g)%s"):format(what, value, unit, limit, over and "  OVER" or ""))
end

local function start()
  local program = { vim.v.progpath, "-u", "NONE", "-l", here .. "/server.lua", "500", tostring(SECONDS) }
  local editor = editors.start(sandbox, { settings = { command = program }, no_opencode = true })
  editor:lua([[
    -- Notices how long the main loop is away: a timer that should tick every 2 ms.
    function watch()
      longest, ticks = 0, {}
      local before = vim.uv.hrtime()
      watcher = vim.uv.new_timer()
      watcher:start(0, 2, function()
        local now = vim.uv.hrtime()
        longest = math.max(longest, (now - before) / 1e6 - 2)
        before = now
      end)
    end
    function cpu()
      local usage = vim.uv.getrusage()
      return (usage.utime.sec + usage.stime.sec) * 1000 + (usage.utime.usec + usage.stime.usec) / 1000
    end
  ]])
  return editor
end

local ok, problem = xpcall(function()
  local editor = start()
  editor:command("Sidestream open")
  editor:wait("the session is listed", "return require('sidestream.state').sessions.ses_long ~= nil")
  editor:lua([[
    watch()
    local begin = vim.uv.hrtime()
    local views = require("sidestream.view")
    local reset = getmetatable(require("sidestream").chat().view).reset
    getmetatable(require("sidestream").chat().view).reset = function(self, messages)
      reset(self, messages)
      vim.cmd.redraw()
      painted = painted or (vim.uv.hrtime() - begin) / 1e6
    end
    require("sidestream").open({ session = "ses_long" })
  ]])
  local painted = editor:wait("the first paint", "return painted")
  editor:wait(
    "the session is complete",
    "return not require('sidestream.chat').by_session['ses_long'].transcript.cursor"
  )
  report("3,000 messages, 10 MB: first paint", painted, "ms", 100)
  report("  longest block until it is complete", editor:lua("watcher:stop() return longest"), "ms", 16)
  local size = editor:lua([[
    local buffer = require("sidestream").panel()
    return vim.api.nvim_buf_get_offset(buffer, vim.api.nvim_buf_line_count(buffer))
  ]])
  print(("%-58s %8.1f MB"):format("  its text in the buffer, with tools folded", size / 1024 / 1024))

  local function streaming(name, watched)
    local before = editor:lua(("%s return cpu()"):format(watched and "watch()" or ""))
    editor:lua("require('sidestream').send('go')")
    editor:wait("the run begins", "return require('sidestream').session().status.type == 'busy'")
    vim.wait(SECONDS * 1000 - 500)
    editor:wait_idle()
    if watched then
      report(name .. ": longest block", editor:lua("watcher:stop() return longest"), "ms", 16)
    else
      local spent = editor:lua("return cpu()") - before
      report(name .. ": CPU", spent / SECONDS / 10, "%", 10)
      return spent
    end
  end
  streaming("500 appends a second, long session", true)
  streaming("500 appends a second, long session", false)
  editor:close()

  editor = start()
  editor:lua([[
    require("sidestream.client")
    local transcript = require("sidestream.transcript")
    local request = require("sidestream.client").request
    require("sidestream.client").request = function(method, params, callback)
      request(method, params, callback and function(failure, result)
        -- The same session, without what came before.
        if method == "session/open" then result.messages, result.cursor = {}, nil end
        callback(failure, result)
      end)
    end
  ]])
  editor:command("Sidestream open")
  editor:wait("the session is listed", "return require('sidestream.state').sessions.ses_long ~= nil")
  editor:lua("require('sidestream').open({ session = 'ses_long' })")
  streaming("500 appends a second, empty session", false)
  editor:close()
end, debug.traceback)
sandbox:close()
if not ok then
  print(problem)
end
os.exit((ok and not (failed and vim.env.STRICT)) and 0 or 1)
