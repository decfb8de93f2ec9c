-- What answers, and what it may do: agent, model, variant, permission mode. And what it has noted to do.

local chats = require("sidestream.chat")
local client = require("sidestream.client")
local notify = require("sidestream.notify")
local panel = require("sidestream.panel")
local state = require("sidestream.state")

local M = {}

---@param action fun(chat: sidestream.Chat, catalog: sidestream.Catalog)
local function with_catalog(action)
  chats.with_instance(function(id)
    state.catalog(id, function(catalog)
      if catalog then
        action(require("sidestream").chat(), catalog)
      else
        notify.warn("OpenCode has not said yet what it offers. Try again when it is connected.")
      end
    end)
  end)
end

-- Lets the user choose what is used for the prompts that follow.
---@param prompt string
---@param items any[]
---@param label fun(item: any): string
---@param chosen fun(item: any)
local function pick(prompt, items, label, chosen)
  local function choose(item)
    chosen(item)
    panel.draw_bars()
  end
  local choices = vim.tbl_map(function(item)
    return { label(item), choose, item }
  end, items)
  notify.menu(prompt, choices)
end

function M.agents()
  with_catalog(function(chat, catalog)
    local primary = vim.tbl_filter(function(agent)
      return agent.mode ~= "subagent"
    end, catalog.agents)
    pick("Agent", primary, function(agent)
      return agent.description and ("%s: %s"):format(agent.name, agent.description) or agent.name
    end, function(agent)
      chat.agent = agent.name
    end)
  end)
end

function M.models()
  with_catalog(function(chat, catalog)
    pick("Model", catalog.models, function(model)
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
    local current = chat.model or (session and session.model) or catalog.defaults.model or {}
    local model = vim.iter(catalog.models):find(function(other)
      return other.modelId == current.modelId and other.providerId == current.providerId
    end)
    if not model or #model.variants == 0 then
      return notify.info("This model has no variants.")
    end
    pick("Variant of " .. model.name, model.variants, tostring, function(variant)
      chat.model = { providerId = model.providerId, modelId = model.modelId, variant = variant }
    end)
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
  pick("May be done without asking", MODES, function(mode)
    return ("%s: %s"):format(mode[1], mode[2])
  end, function(mode)
    chat:ensure(notify.unless_failed(function()
      client.call("session/setPermissionMode", chat:params({ mode = mode[1] }))
    end))
  end)
end

function M.todos()
  local chat = panel.chat()
  local todos = chat and chat.transcript and chat.transcript.todos or {}
  if #todos == 0 then
    return notify.info("The model has noted nothing to do.")
  end
  require("sidestream.logs").show("todos", require("sidestream.view.parts").todos(todos, ""))
end

return M
