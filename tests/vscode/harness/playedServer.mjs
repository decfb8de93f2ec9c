// The wire of a played Sidestream server: takes requests from standard input, and answers with what a function says.

/** `answer(method, params)` returns the result, or throws `{ message, data }`. Resolves with what sends notifications. */
export function play(answer) {
  let input = Buffer.alloc(0);
  process.stdin.on("end", () => process.exit(0));
  process.stdin.on("data", (data) => {
    input = Buffer.concat([input, data]);
    for (let message = take(); message; message = take()) receive(message);
  });
  return (method, params) => send({ method, params });

  function take() {
    const end = input.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/i.exec(input.subarray(0, Math.max(end, 0)).toString())?.[1]);
    if (end < 0 || input.length < end + 4 + length) return undefined;
    const message = JSON.parse(input.subarray(end + 4, end + 4 + length).toString());
    input = input.subarray(end + 4 + length);
    return message;
  }

  function receive({ id, method, params }) {
    if (method === "exit") process.exit(0);
    if (id === undefined) return;
    try {
      send({ id, result: answer(method, params) });
    } catch (error) {
      send({ id, error: { code: -32000, ...error } });
    }
  }
}

function send(content) {
  const text = JSON.stringify({ jsonrpc: "2.0", ...content });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
