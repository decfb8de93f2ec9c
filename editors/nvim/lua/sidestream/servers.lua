-- Starting anew: the OpenCode server of a folder, or Sidestream with all of them.

local chats = require("sidestream.chat")
local client = require("sidestream.client")
local state = require("sidestream.state")

local M = {}

---@param rest string "all" or ""
function M.restart(rest)
  if rest == "all" then
    client.stop(client.start)
  else
    chats.with_instance(function(id)
      client.call("instance/restart", { instanceId = id })
    end)
  end
end

function M.reconnect()
  chats.with_instance(function(id)
    client.call("instance/reconnect", { instanceId = id })
  end)
end

function M.stop()
  client.stop()
end

local function reconnect_lost()
  for id, instance in pairs(state.instances) do
    if instance.state == "disconnected" then
      client.request("instance/reconnect", { instanceId = id }, function() end)
    end
  end
end

--- A Neovim that is looked at again tries what it had given up.
function M.reconnect_on_focus()
  vim.api.nvim_create_autocmd("FocusGained", { callback = reconnect_lost })
end

return M
