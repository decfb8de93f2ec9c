// Unified diffs are applied forwards and backwards, or refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPatch, revertPatch, sidesOf } from "../../../editors/vscode/src/patch";

const patch = "Index: a.ts\n===\n--- a.ts\n+++ a.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";

test("a patch leads from one side to the other and back", () => {
  assert.equal(applyPatch("one\ntwo\nthree\n", patch), "one\nTWO\nthree\n");
  assert.equal(revertPatch("one\nTWO\nthree\n", patch), "one\ntwo\nthree\n");
});

test("line ends of Windows stay", () => {
  assert.equal(applyPatch("one\r\ntwo\r\nthree\r\n", patch), "one\r\nTWO\r\nthree\r\n");
});

test("a patch of another text is refused, and its places are shown by themselves", () => {
  assert.equal(applyPatch("something else\n", patch), undefined);
  assert.deepEqual(sidesOf(patch), { before: "one\ntwo\nthree", after: "one\nTWO\nthree" });
});

test("a new file comes from nothing and goes back to nothing", () => {
  const added = "--- /dev/null\n+++ b\n@@ -0,0 +1,2 @@\n+a\n+b\n";
  assert.equal(applyPatch("", added), "a\nb\n");
  assert.equal(revertPatch("a\nb\n", added), "");
});
