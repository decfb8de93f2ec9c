// Things to do, as the agent has written them down.

import type { Todo } from "../src/protocol";
import { h, icon } from "./dom";
import { t } from "./texts";

const icons: Record<string, string> = { completed: "pass-filled", in_progress: "play-circle", cancelled: "circle-slash" };

export function todoList(todos: Todo[]): HTMLElement {
  return h("ul", { class: "todo-list" }, ...todos.map(({ content, status }) =>
    h("li", { class: status }, icon(icons[status] ?? "circle-large"), h("span", { class: "hidden" }, wordOf(status)), content)));
}

function wordOf(status: string): string {
  const words: Record<string, string> = {
    pending: t("to do"), in_progress: t("under way"), completed: t("done"), cancelled: t("cancelled"),
  };
  return words[status] ?? status;
}
