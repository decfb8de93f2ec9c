-- Choices by `vim.ui.select`, so that they look as the user likes them: agent, model, variant, mode.
-- Sessions have a list of their own: see sessions.lua.

local client = require("sidestream.client")
local notify = require("sidestream.notify")
local state = require("sidestream.state")

local M = {}

---@param action fun(chat: sidestream.Chat, catalog: sidestream.Catalog)
local function with_catalog(action)
  require("sidestream.commands").with_instance(function(id)
    state.catalog(id, function(catalog)
      if not catalog then
        return notify.warn("OpenCode has not said yet what it offers. Try again when it is connected.")
      end
      action(require("sidestream").chat(), catalog)
    end)
  end)
end

---@generic T
---@param items T[]
---@param prompt string
---@param label fun(item: T): string
---@param chosen fun(item: T)
local function pick(items, prompt, label, chosen)
  vim.ui.select(items, { prompt = prompt, format_item = label }, function(item)
    if item ~= nil then
      chosen(item)
      require("sidestream.panel").draw_bars()
    end
  end)
end

function M.agents()
  with_catalog(function(chat, catalog)
    local primary = vim.tbl_filter(function(agent)
      return agent.mode ~= "subagent"
    end, catalog.agents)
    pick(primary, "Agent", function(agent)
      return agent.description and ("%s: %s"):format(agent.name, agent.description) or agent.name
    end, function(agent)
      chat.agent = agent.name
    end)
  end)
end

function M.models()
  with_catalog(function(chat, catalog)
    pick(catalog.models, "Model", function(model)
      local mark = ({ favourite = "★ ", recent = "· " })[model.rank] or "  "
      return ("%s%s  %s"):format(mark, model.name, model.providerName)
    end, function(model)
      chat.model = { providerId = model.providerId, modelId = model.modelId }
    end)
  end)
end

function M.variants()
  with_catalog(function(chat, catalog)
    local session = chat:session()
    local current = chat.model or (session and session.model) or catalog.defaults.model
    for _, model in ipairs(catalog.models) do
      if current and model.modelId == current.modelId and model.providerId == current.providerId then
        if #model.variants == 0 then
          break
        end
        return pick(model.variants, "Variant of " .. model.name, tostring, function(variant)
          chat.model = { providerId = model.providerId, modelId = model.modelId, variant = variant }
        end)
      end
    end
    notify.info("This model has no variants.")
  end)
end

local MODES = {
  { "default", "as your OpenCode configuration says" },
  { "ask", "everything that may change something asks first" },
  { "acceptEdits", "edits do not ask" },
  { "allow", "nothing asks" },
}

function M.modes()
  local chat = require("sidestream").chat()
  pick(MODES, "May be done without asking", function(mode)
    return ("%s: %s"):format(mode[1], mode[2])
  end, function(mode)
    chat:ensure(function(failure)
      if failure then
        return notify.failure(failure)
      end
      client.call("session/setPermissionMode", chat:params({ mode = mode[1] }))
    end)
  end)
end

function M.sessions()
  require("sidestream.sessions").show()
end

function M.tree()
  local session = require("sidestream").session()
  if session then
    require("sidestream.sessions").show(session)
  else
    notify.warn("No session is shown.")
  end
end

function M.todos()
  local chat = require("sidestream.panel").chat()
  local todos = chat and chat.transcript and chat.transcript.todos or {}
  if #todos == 0 then
    return notify.info("The model has noted nothing to do.")
  end
  require("sidestream.logs").show("todos", require("sidestream.view.format").todos(todos, ""))
end

return M
