-- A choice of what to do, by `vim.ui.select`, so that it looks as the user likes it.

---@alias sidestream.Choice { [1]: string, [2]: fun() } what it is called, and what it does

---@param prompt string
---@param choices sidestream.Choice[]
return function(prompt, choices)
  vim.ui.select(choices, {
    prompt = prompt,
    format_item = function(choice)
      return choice[1]
    end,
  }, function(choice)
    if choice then
      choice[2]()
    end
  end)
end
