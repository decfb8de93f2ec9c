-- Starting anew: the OpenCode server of a folder, or Sidestream with all of them.

local client = require("sidestream.client")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

---@param rest string "all" or ""
function M.restart(rest)
  local function start()
    client.start(function(problem)
      if problem then
        notify.error(problem)
      end
    end)
  end
  if rest == "all" then
    return client.stop(start)
  elseif not client.connection() then
    return start()
  end
  require("sidestream.commands").with_instance(function(id)
    client.call("instance/restart", { instanceId = id })
  end)
end

function M.reconnect()
  require("sidestream.commands").with_instance(function(id)
    client.call("instance/reconnect", { instanceId = id })
  end)
end

--- A Neovim that is looked at again tries what it had given up.
function M.reconnect_on_focus()
  vim.api.nvim_create_autocmd("FocusGained", {
    group = vim.api.nvim_create_augroup("sidestream.reconnect", {}),
    callback = function()
      for id, instance in pairs(state.instances) do
        if instance.state == "disconnected" then
          client.request("instance/reconnect", { instanceId = id }, function() end)
        end
      end
    end,
  })
end

return M
