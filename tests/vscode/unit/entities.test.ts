// What an answer brings does not undo what was told while it was under way.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Entities } from "../../../editors/vscode/src/entities";

const entity = (id: string, title = "") => ({ id, instanceId: "i", title });

/** A reading whose answer comes when it is given. */
function reading(entities: Entities<ReturnType<typeof entity>>, isBeyond?: (value: { id: string }) => boolean) {
  let give: (answer: ReturnType<typeof entity>[]) => void = () => undefined;
  const done = entities.read("i", () => new Promise((resolve) => (give = resolve)), isBeyond);
  return (answer: ReturnType<typeof entity>[]) => {
    give(answer);
    return done;
  };
}

function known(...values: ReturnType<typeof entity>[]) {
  const entities = new Entities<ReturnType<typeof entity>>();
  for (const value of values) entities.set(value.id, value);
  return entities;
}

test("what the answer does not name is gone, unless the answer says nothing of it", async () => {
  const entities = known(entity("gone"), entity("old"), { ...entity("elsewhere"), instanceId: "other" });
  await reading(entities, ({ id }) => id === "old")([entity("new")]);
  assert.deepEqual([...entities.keys()], ["old", "elsewhere", "new"]);
});

test("what is asked while the answer is under way stays, what is resolved does not come back, what changes stays changed", async () => {
  const entities = known(entity("resolved"), entity("changed", "before"));
  const answer = reading(entities);
  entities.set("asked", entity("asked"));
  entities.delete("resolved");
  entities.set("changed", entity("changed", "after"));
  await answer([entity("resolved"), entity("changed", "before")]);
  assert.deepEqual([...entities.values()], [entity("changed", "after"), entity("asked")]);
});
