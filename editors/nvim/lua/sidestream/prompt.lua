-- The buffer that the user writes into: sending, history, what is attached, completion by the server.

local client = require("sidestream.client")
local config = require("sidestream.config")
local history = require("sidestream.history")
local keymap = require("sidestream.keymap")
local notify = require("sidestream.notify")

local M = {}

---@class sidestream.Prompt
---@field chat sidestream.Chat
---@field buffer integer
---@field chips sidestream.Chip[] what goes along with the text
---@field place? integer where in the history, from its end
---@field unsent? string what was being written when the history was entered
local Prompt = {}
Prompt.__index = Prompt

---@param chat sidestream.Chat
---@return sidestream.Prompt
function M.new(chat)
  local buffer = vim.api.nvim_create_buf(false, false)
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].swapfile = false
  local prompt = setmetatable({ chat = chat, buffer = buffer, chips = {} }, Prompt)
  vim.bo[buffer].filetype = "sidestream-prompt"
  prompt:bind_keys()
  local function fit()
    require("sidestream.panel").fit_prompt(prompt)
  end
  vim.api.nvim_create_autocmd({ "TextChanged", "TextChangedI" }, { buffer = buffer, callback = fit })
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
  require("sidestream.panel").fit_prompt(self)
end

---@return boolean
function Prompt:is_empty()
  return not vim.api.nvim_buf_is_valid(self.buffer) or (vim.trim(self:text()) == "" and #self.chips == 0)
end

--- Sends what is written. It is cleared at once, and comes back when it could not be sent.
function Prompt:send()
  if self:is_empty() then
    return
  end
  local text, chips = self:text(), self.chips
  history.add(text)
  self.place, self.unsent, self.chips = nil, nil, {}
  self:set_text("")
  local parts = vim.iter(chips):fold({}, function(all, chip)
    return vim.list_extend(all, chip.parts)
  end)
  self.chat:send(text, { parts = parts }, function(failure)
    if failure then
      notify.failure(failure)
      if vim.api.nvim_buf_is_valid(self.buffer) then
        self.chips = vim.list_extend(chips, self.chips)
        local written = self:text()
        self:set_text(written == "" and text or text .. "\n" .. written)
      end
    end
  end)
end

--- What is written into a buffer that goes is found again in the history.
function Prompt:forget()
  if vim.api.nvim_buf_is_valid(self.buffer) then
    history.add(vim.trim(self:text()))
    vim.api.nvim_buf_delete(self.buffer, { force = true })
  end
end

---@param step integer 1 back, -1 forth
function Prompt:recall(step)
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

---@param chip sidestream.Chip takes the place of one with the same label
function Prompt:attach_chip(chip)
  local place = #self.chips + 1
  for index, known in ipairs(self.chips) do
    place = known.label == chip.label and index or place
  end
  self.chips[place] = chip
  require("sidestream.panel").draw_bars()
end

---@param index integer
function Prompt:remove_chip(index)
  table.remove(self.chips, index)
  require("sidestream.panel").draw_bars()
end

--- Makes the prompt a document of the server's, which completes files, agents and commands in it.
function Prompt:attach()
  local server = client.ready()
  if not server or not vim.api.nvim_buf_is_valid(self.buffer) then
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
    vim.lsp.completion.enable(true, server.id, self.buffer, { autotrigger = true })
  else
    vim.bo[self.buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
end

function Prompt:bind_keys()
  local keys = config.get().keymaps.prompt
  local both = { "n", "i" }
  keymap(self.buffer, "n", keys.send, "send the prompt", self.send, self)
  keymap(self.buffer, both, keys.send_insert, "send the prompt", self.send, self)
  keymap(self.buffer, both, keys.older, "the prompt before", self.recall, self, 1)
  keymap(self.buffer, both, keys.newer, "the prompt after", self.recall, self, -1)
  keymap(self.buffer, both, keys.abort, "stop the run", "abort")
  keymap(self.buffer, both, keys.context, "attach or remove context", "context")
  keymap(self.buffer, both, keys.paste_image, "attach the clipboard's image", "add image")
  keymap(self.buffer, "n", keys.close, "close the panel", "close")
  vim.keymap.set("i", "<BS>", function()
    if #self.chips > 0 and vim.deep_equal(vim.api.nvim_win_get_cursor(0), { 1, 0 }) then
      return ("<Cmd>lua require('sidestream').chat().prompt:remove_chip(%d)<CR>"):format(#self.chips)
    end
    return "<BS>"
  end, { buffer = self.buffer, expr = true, desc = "Sidestream: remove what was attached last" })
end

return M
