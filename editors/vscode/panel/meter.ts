// How full the model's context is, and what the session has cost, its sub-agents included.

import type { Usage } from "../src/protocol";
import { h } from "./dom";
import { t } from "./texts";

export function meter(usage: Usage | undefined): HTMLElement[] {
  if (!usage) return [];
  const { context, cost, tokens } = usage;
  const words: string[] = [];
  const elements: HTMLElement[] = [];
  if (context?.limit) {
    const share = Math.min(1, context.used / context.limit);
    const label = t("{0} of {1} tokens of context", compact(context.used), compact(context.limit));
    words.push(label);
    const bar = h("progress", { max: 1, value: share.toFixed(3), "aria-label": label });
    elements.push(bar, h("span", {}, `${Math.round(share * 100)} %`));
  } else {
    const used = context?.used ?? tokens.input + tokens.output;
    if (used > 0) elements.push(h("span", {}, t("{0} tokens", compact(used))));
  }
  words.push(t("{0} tokens in, {1} out", compact(tokens.input), compact(tokens.output)));
  if (cost > 0) elements.push(h("span", {}, `$${cost.toFixed(cost < 1 ? 3 : 2)}`));
  return [h("span", { title: words.join("\n"), class: "usage" }, ...elements)];
}

function compact(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000 ? `${(count / 1_000).toFixed(count < 10_000 ? 1 : 0)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}
