// The work of Sidestream as an extension would do it in Node: read the event stream, keep the
// text of each part, tell of what was added.

import { createParser } from "eventsource-parser";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";

const connection = createMessageConnection(
  new StreamMessageReader(process.stdin),
  new StreamMessageWriter(process.stdout),
);
connection.listen();

const instanceId = "i1";
const parts = new Map();
let revision = 0;
let told;

const parser = createParser({
  onEvent({ data }) {
    const { type, properties } = JSON.parse(data).payload;
    if (type === "message.part.delta") {
      const { sessionID: sessionId, messageID: messageId, partID: partId, field, delta } = properties;
      parts.get(partId)[field] += delta;
      revision += 1;
      tell("sidestream/part/didAppend", {
        instanceId, sessionId, revision, messageId, partId, field, text: delta,
      });
    } else if (type === "message.part.updated") {
      const { sessionID: sessionId, messageID: messageId, ...part } = properties.part;
      parts.set(part.id, part);
      revision += 1;
      tell("sidestream/part/didChange", { instanceId, sessionId, revision, messageId, part });
    }
  },
});

function tell(method, params) {
  told = connection.sendNotification(method, params);
}

const response = await fetch(`http://${process.argv[2]}/global/event`);
const decoder = new TextDecoder();
for await (const chunk of response.body) {
  parser.feed(decoder.decode(chunk, { stream: true }));
  // Without this, a queue grows that slows Node down to a sixth.
  await told;
}
