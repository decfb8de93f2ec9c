-- The operator that asks about what a motion covers, and repeats with a dot.

local context = require("sidestream.context")

local M = {}

local OPERATORFUNC = "v:lua.require'sidestream.operator'.%s"

-- Does nothing: see `repeatable`.
function M.skip() end

-- Writing the prompt has become what a dot repeats. As soon as the user is back in a file, a dot stands for this
-- operator once more, over as many lines as before: as an operator in Visual mode is repeated.
---@param lines integer
local function repeatable(lines)
  local id ---@type integer
  local function stand_in()
    if vim.bo.buftype == "" then
      pcall(vim.api.nvim_del_autocmd, id)
      local view = vim.fn.winsaveview()
      vim.o.operatorfunc = OPERATORFUNC:format("skip")
      vim.cmd(("lockmarks normal! %dg@_"):format(lines))
      vim.o.operatorfunc = OPERATORFUNC:format("run")
      vim.fn.winrestview(view)
    end
  end
  -- What an autocommand does itself is not repeated.
  id = vim.api.nvim_create_autocmd("BufEnter", { callback = vim.schedule_wrap(stand_in) })
end

--- What `operatorfunc` calls.
function M.run()
  local first, last = vim.fn.line("'["), vim.fn.line("']")
  local part = context.lines(vim.api.nvim_get_current_buf(), first, last)
  if M.repeated then
    -- A dot attaches once more; the user stays where they are.
    require("sidestream").chat().prompt:add(part)
  else
    M.repeated = true
    context.ask(part)
    repeatable(last - first + 1)
  end
end

--- For a mapping with `expr`.
---@return string
function M.ask()
  M.repeated = false
  vim.o.operatorfunc = OPERATORFUNC:format("run")
  return "g@"
end

return M
