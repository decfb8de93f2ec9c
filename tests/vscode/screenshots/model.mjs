// A model that plays one conversation, so that the pictures show what a person would see. OpenAI-compatible, on loopback.

import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** `turns`: for each prompt its steps; a step is text (with `pace` slowly, that many milliseconds a word), calls of tools, or both;
 *  `busy` is a provider that cannot answer. What was called already is not called again. */
export async function startActor(turns) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { messages = [], tools = [] } = JSON.parse(body || "{}");
    const chunk = { id: "1", object: "chat.completion.chunk", created: 1, model: "actor" };
    const say = (choice) => response.write(`data: ${JSON.stringify({ ...chunk, ...choice })}\n\n`);
    const delta = (change, finish = null) => say({ choices: [{ index: 0, delta: change, finish_reason: finish }] });
    const { title, step } = stepOf(turns, messages);
    if (step.busy && tools.length > 0) {
      response.writeHead(503, { "retry-after": "40" });
      return response.end(JSON.stringify({ error: { message: "The model is overloaded", type: "overloaded" } }));
    }
    response.setHeader("content-type", "text/event-stream");
    if (tools.length === 0) {
      delta({ role: "assistant", content: title });
      delta({}, "stop");
    } else {
      for (const words of step.pace ? step.text.split(/(?<= )/) : [step.text]) {
        if (words) delta({ role: "assistant", content: words });
        if (step.pace) await pause(step.pace);
      }
      (step.tools ?? []).forEach(([name, input], index) => {
        const call = { name, arguments: JSON.stringify(input) };
        delta({ tool_calls: [{ index, id: `call_${messages.length}_${index}`, type: "function", function: call }] });
      });
      delta({}, step.tools ? "tool_calls" : "stop");
    }
    say({ choices: [], usage: { prompt_tokens: 11_400, completion_tokens: 320, total_tokens: 11_720 } });
    response.end("data: [DONE]\n\n");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

function stepOf(turns, messages) {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const done = messages.slice(last).filter(({ role }) => role === "assistant").length;
  const asked = JSON.stringify(messages.filter(({ role }) => role === "user"));
  const turn = Object.entries(turns).findLast(([prompt]) => asked.includes(prompt))?.[1] ?? { title: "Conversation", steps: [] };
  return { title: turn.title, step: turn.steps[done] ?? { text: "Done." } };
}
