// Work that can wait: each frame does some of it, and has time left for layout, paint and the user.

const msPerFrame = 8;
const waiting: (() => void)[] = [];
let frame = 0;

/** In the order they came. What became needless meanwhile does nothing when it has its turn. */
export function soon(...jobs: (() => void)[]): void {
  waiting.push(...jobs);
  frame ||= requestAnimationFrame(work);
}

function work(): void {
  const until = performance.now() + msPerFrame;
  do waiting.shift()?.();
  while (waiting.length > 0 && performance.now() < until);
  frame = waiting.length > 0 ? requestAnimationFrame(work) : 0;
}
