// Where sessions are published to is on the internet: this stands in for it.

import { createServer } from "node:http";

export const shareUrl = "https://share.example/s/abc";

/** Resolves with what to add to OpenCode's configuration. */
export async function startShareHost() {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/api/share" ? { id: "s", url: shareUrl, secret: "x" } : {}));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { config: { share: "manual", enterprise: { url: `http://127.0.0.1:${server.address().port}` } }, close: () => server.close() };
}
