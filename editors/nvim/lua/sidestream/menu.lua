-- A choice of what to do, by `vim.ui.select`, so that it looks as the user likes it.

---@param prompt string
---@param choices table[] what each is called, a function, and its arguments
return function(prompt, choices)
  vim.ui.select(choices, {
    prompt = prompt,
    format_item = function(choice)
      return choice[1]
    end,
  }, function(choice)
    if choice then
      choice[2](unpack(choice, 3))
    end
  end)
end
