-- Texts in a window of their own: the server's words, raw events, a session as Markdown.

local chats = require("sidestream.chat")
local client = require("sidestream.client")
local sanitize = require("sidestream.view.sanitize")

local M = {}

--- Shows lines in a split; an older one of the same name is replaced.
---@param name string
---@param lines string[]
---@param filetype? string
function M.show(name, lines, filetype)
  local buffer = vim.fn.bufadd("sidestream://" .. name)
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = filetype or ""
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, desc = "Sidestream: close" })
  if #vim.fn.win_findbuf(buffer) == 0 then
    vim.cmd("botright split")
    vim.api.nvim_win_set_buf(0, buffer)
  end
end

-- What the server has recorded, a line for each entry.
---@param what "logs"|"events"
---@param list "entries"|"events"
---@param line fun(entry: table): string
local function show_records(what, list, line)
  chats.with_instance(function(id)
    client.call("instance/" .. what, { instanceId = id }, function(result)
      local lines = vim.tbl_map(function(entry)
        local time = os.date("%T", math.floor(entry.time / 1000)) .. ("%.3f"):format(entry.time % 1000 / 1000):sub(2)
        return time .. " " .. sanitize.line(line(entry))
      end, result[list])
      M.show(what, lines)
    end)
  end)
end

function M.logs()
  show_records("logs", "entries", function(entry)
    return ("%-10s %s"):format(entry.source, entry.text)
  end)
end

function M.events()
  show_records("events", "events", function(event)
    return ("%-9s %-28s %7d %s"):format(event.outcome, event.type, event.size, event.data)
  end)
end

return M
