-- The buffer that the user writes into: sending, history, what is attached, completion by the server.

local client = require("sidestream.client")
local config = require("sidestream.config")
local context = require("sidestream.context")
local history = require("sidestream.history")
local keymap = require("sidestream.keymap")
local notify = require("sidestream.notify")

local M = {}

---@class sidestream.Prompt
---@field chat sidestream.Chat
---@field buffer integer
---@field attached sidestream.PromptPart[] what goes along with the text
---@field place? integer where in the history, from its end
---@field unsent? string what was being written when the history was entered
local Prompt = {}
Prompt.__index = Prompt

-- Neovim itself asks for completions at "@" and "/", and again only while some are offered.
local function complete()
  local before = vim.api.nvim_get_current_line():sub(1, vim.api.nvim_win_get_cursor(0)[2])
  if vim.fn.pumvisible() == 0 and (before:find("@%S+$") or before:find("^/%S+$")) then
    vim.lsp.completion.get()
  end
end

---@param chat sidestream.Chat
---@return sidestream.Prompt
function M.new(chat)
  local buffer = vim.api.nvim_create_buf(false, true)
  local prompt = setmetatable({ chat = chat, buffer = buffer, attached = {} }, Prompt)
  vim.bo[buffer].filetype = "sidestream-prompt"
  prompt:bind_keys()
  local fit = require("sidestream.panel").fit_prompt
  vim.api.nvim_create_autocmd({ "TextChanged", "TextChangedI" }, { buffer = buffer, callback = fit })
  local function unloaded()
    prompt:unloaded()
  end
  -- This comes when Neovim ends, too.
  vim.api.nvim_create_autocmd("BufUnload", { buffer = buffer, callback = unloaded })
  return prompt
end

---@return string
function Prompt:text()
  return table.concat(vim.api.nvim_buf_get_lines(self.buffer, 0, -1, false), "\n")
end

---@param text string
function Prompt:set_text(text)
  vim.api.nvim_buf_set_lines(self.buffer, 0, -1, false, vim.split(text, "\n", { plain = true }))
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(self.buffer), vim.v.maxcol })
  end
  require("sidestream.panel").fit_prompt()
end

---@return boolean
function Prompt:is_empty()
  return not vim.api.nvim_buf_is_loaded(self.buffer) or (vim.trim(self:text()) == "" and #self.attached == 0)
end

--- Sends what is written. It is cleared at once, and comes back when it could not be sent.
function Prompt:send()
  if not self:is_empty() then
    local text, parts = self:text(), self.attached
    self.place, self.unsent, self.attached = nil, nil, {}
    self:set_text("")
    self:submit(text, { parts = parts })
  end
end

--- Sends a text, wherever it was written. It comes into the prompt when it could not be sent.
---@param text string
---@param options? sidestream.SendOptions
function Prompt:submit(text, options)
  history.add(text)
  self.chat:send(text, options or {}, function(failure)
    if failure then
      notify.failure(failure)
      self.chat.prompt:give_back(text, options and options.parts)
    end
  end)
end

--- Puts a text before what is written.
---@param text string
---@param parts? sidestream.PromptPart[]
function Prompt:give_back(text, parts)
  if vim.api.nvim_buf_is_loaded(self.buffer) then
    self.attached = vim.list_extend(vim.list_slice(parts or {}), self.attached)
    local written = self:text()
    self:set_text(written == "" and text or text .. "\n" .. written)
    require("sidestream.panel").draw_bars()
  end
end

--- What is written into a buffer that goes is found in the history; and in a new buffer, if the conversation stays.
function Prompt:unloaded()
  local text = self:text()
  history.add(text)
  vim.schedule(function()
    pcall(vim.api.nvim_buf_delete, self.buffer, { force = true })
    if self.chat.view:is_valid() then
      self.chat.prompt = M.new(self.chat)
      self.chat.prompt:give_back(text, self.attached)
      self.chat.prompt:attach()
    end
  end)
end

-- Steps through the history, or through the completions that are offered.
---@param step integer 1 back, -1 forth
function Prompt:recall(step)
  if vim.fn.pumvisible() == 1 then
    return vim.api.nvim_feedkeys(vim.keycode(step == 1 and "<C-p>" or "<C-n>"), "ni", false)
  end
  local entries, before = history.entries(), self.place or 0
  local place = math.max(0, math.min(#entries, before + step)) --[[@as integer]]
  if place == before then
    return
  elseif before == 0 then
    self.unsent = self:text()
  end
  self.place = place
  self:set_text(place == 0 and self.unsent or entries[#entries - place + 1])
end

---@param part sidestream.PromptPart takes the place of one that is called the same
function Prompt:add(part)
  local place = #self.attached + 1
  for index, known in ipairs(self.attached) do
    place = context.label(known) == context.label(part) and index or place
  end
  self.attached[place] = part
  require("sidestream.panel").draw_bars()
end

---@param index integer
function Prompt:remove(index)
  table.remove(self.attached, index)
  require("sidestream.panel").draw_bars()
end

--- Makes the prompt a document of the server's, which completes files, agents and commands in it.
function Prompt:attach()
  local server = client.ready()
  if not server or not vim.api.nvim_buf_is_loaded(self.buffer) then
    return
  end
  if vim.lsp.buf_is_attached(self.buffer, server.id) then
    vim.lsp.buf_detach_client(self.buffer, server.id)
  end
  local place = { "sidestream://prompt", self.chat.instance_id or "none", self.chat.session_id or "new" }
  pcall(vim.api.nvim_buf_set_name, self.buffer, table.concat(place, "/"))
  vim.lsp.buf_attach_client(self.buffer, server.id)
  local completes_elsewhere = package.loaded["blink.cmp"] or package.loaded["cmp"]
  if vim.lsp.completion and not completes_elsewhere then
    -- What is offered is not typed until it is chosen.
    vim.bo[self.buffer].completeopt = "menuone,noselect,popup"
    vim.lsp.completion.enable(true, server.id, self.buffer, { autotrigger = true })
    local group = vim.api.nvim_create_augroup("sidestream.prompt." .. self.buffer, {})
    vim.api.nvim_create_autocmd("TextChangedI", { group = group, buffer = self.buffer, callback = complete })
  end
end

function Prompt:bind_keys()
  local keys = config.get().keymaps.prompt
  local both = { "n", "i" }
  keymap.set(self.buffer, "n", keys.send, "send the prompt", self.send, self)
  keymap.set(self.buffer, both, keys.send_insert, "send the prompt", self.send, self)
  keymap.set(self.buffer, both, keys.older, "the prompt before", self.recall, self, 1)
  keymap.set(self.buffer, both, keys.newer, "the prompt after", self.recall, self, -1)
  keymap.set(self.buffer, both, keys.abort, "stop the run", "abort")
  keymap.set(self.buffer, both, keys.context, "attach or remove context", "context")
  keymap.set(self.buffer, both, keys.paste_image, "attach the clipboard's image", "add image")
  keymap.set(self.buffer, "n", keys.close, "close the panel", "close")
  vim.keymap.set("i", "<BS>", function()
    if #self.attached > 0 and vim.deep_equal(vim.api.nvim_win_get_cursor(0), { 1, 0 }) then
      self:remove(#self.attached)
      return ""
    end
    return "<BS>"
  end, { buffer = self.buffer, expr = true, desc = "Sidestream: remove what was attached last" })
end

return M
