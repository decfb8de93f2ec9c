// Waits until something is as it should be, and tells the difference when it does not come to be.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

export async function eventually(read, expected, within = 10_000) {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await read();
    if (isDeepStrictEqual(found, expected)) return;
    if (Date.now() > deadline) assert.deepEqual(found, expected);
    await pause(20);
  }
}

/** Waits until something has stayed the same for a while, as what is scrolled smoothly. */
export async function settled(read) {
  for (let before, now = await read(); !isDeepStrictEqual(now, before); ) {
    await pause(300);
    [before, now] = [now, await read()];
  }
}
