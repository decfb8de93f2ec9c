-- Texts in a window of their own: the server's words, raw events, a session as Markdown.

local client = require("sidestream.client")

local M = {}

--- Shows lines in a split; an older one of the same name is replaced.
---@param name string
---@param lines string[]
---@param filetype? string
---@return integer buffer
function M.show(name, lines, filetype)
  local full = "sidestream://" .. name
  local buffer = vim.fn.bufnr("^" .. vim.fn.escape(full, "[]*?\\") .. "$")
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, full)
  end
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = filetype or ""
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, desc = "Sidestream: close" })
  if #vim.fn.win_findbuf(buffer) == 0 then
    vim.cmd("botright split")
    vim.api.nvim_win_set_buf(0, buffer)
  end
  return buffer
end

---@param time integer
---@return string
local function clock(time)
  return os.date("%T", math.floor(time / 1000)) .. ("%.3f"):format(time % 1000 / 1000):sub(2)
end

function M.logs()
  require("sidestream.commands").with_instance(function(id)
    client.call("instance/logs", { instanceId = id }, function(result)
      local lines = vim.tbl_map(function(entry)
        local text = require("sidestream.view.sanitize").line(entry.text)
        return ("%s %-10s %s"):format(clock(entry.time), entry.source, text)
      end, result.entries)
      M.show("logs", lines)
    end)
  end)
end

function M.events()
  require("sidestream.commands").with_instance(function(id)
    client.call("instance/events", { instanceId = id }, function(result)
      local lines = vim.tbl_map(function(event)
        local data = require("sidestream.view.sanitize").line(event.data)
        return ("%s %-9s %-28s %7d %s"):format(clock(event.time), event.outcome, event.type, event.size, data)
      end, result.events)
      M.show("events", lines)
    end)
  end)
end

return M
