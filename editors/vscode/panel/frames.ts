// Work that can wait: each frame does some of it, and has time left for layout, paint and the user.

const msPerFrame = 8;
const waiting: (() => void)[] = [];
let frame = 0;

/** In the order it came. What became needless meanwhile does nothing when it has its turn. */
export function soon(work: () => void): void {
  waiting.push(work);
  frame ||= requestAnimationFrame(doSome);
}

function doSome(): void {
  const until = performance.now() + msPerFrame;
  do waiting.shift()?.();
  while (waiting.length > 0 && performance.now() < until);
  frame = waiting.length > 0 ? requestAnimationFrame(doSome) : 0;
}
