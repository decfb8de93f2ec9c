// The cards above the prompt: what keeps Sidestream from working, permissions, questions, things to do, a revert to undo.

import type { Obstacle, PanelState } from "../../src/panelMessages";
import type { Todo } from "../../src/protocol";
import { ask, relay, run } from "../bridge";
import { h, icon, redraw } from "../dom";
import { todoList } from "../todoList";
import { t } from "../texts";
import { permissionCard } from "./permissionCard";
import { questionCard } from "./questionCard";
import type { WaitingCard } from "./waitingCard";

export class Cards {
  private readonly obstacle = h("div", { role: "alert" });
  private readonly revert = h("div");
  private readonly todos = h("div");
  private readonly elsewhere = h("div");
  private readonly waiting = h("div", { class: "waiting-cards" });
  private readonly known = new Map<string, WaitingCard>();
  readonly element = h("div", { class: "cards" }, this.elsewhere, this.todos, this.revert, this.waiting, this.obstacle);

  /** `announce` tells those who cannot see the cards; `answered` is called when the last one was answered. */
  constructor(
    private readonly announce: (text: string) => void,
    private readonly answered: () => void,
  ) {}

  show(state: PanelState): void {
    redraw(this.obstacle, state.obstacle, () => [state.obstacle && obstacleCard(state.obstacle)]);
    redraw(this.revert, state.session?.revert, () => [state.session?.revert && revertCard()]);
    redraw(this.elsewhere, state.waitingElsewhere > 0, () => [state.waitingElsewhere > 0 && elsewhereCard()]);
    this.showWaiting(state);
  }

  showTodos(todos: Todo[]): void {
    const open = this.todos.querySelector("details")?.open ?? false;
    redraw(this.todos, todos, () => [todos.length > 0 && todoCard(todos, open)]);
  }

  /** Cards stay the same elements while they wait, so that what was typed into them stays too. */
  private showWaiting({ permissions, questions }: PanelState): void {
    const waiting = new Set([...permissions, ...questions].map(({ id }) => id));
    const gone = [...this.known].filter(([id]) => !waiting.has(id));
    for (const [id, card] of gone) {
      card.element.remove();
      this.known.delete(id);
    }
    for (const permission of permissions) {
      this.add(permission.id, () => permissionCard(permission), t("Permission needed: {0}", permission.title));
    }
    for (const question of questions) {
      this.add(question.id, () => questionCard(question), t("Question: {0}", question.questions[0]?.question ?? ""));
    }
    if (gone.some(([, { isAnswered }]) => isAnswered)) this.goOn();
  }

  private add(id: string, make: () => WaitingCard, announcement: string): void {
    if (this.known.has(id)) return;
    const card = make();
    this.known.set(id, card);
    this.waiting.append(card.element);
    this.announce(announcement);
  }

  /** The next card gets the focus, so that one after the other is answered by keys. */
  private goOn(): void {
    if (!document.hasFocus()) return;
    const [next] = this.known.values();
    if (next) next.element.querySelector<HTMLElement>("input, button.primary")?.focus();
    else this.answered();
  }
}

function obstacleCard({ title, detail, action }: Obstacle): HTMLElement {
  return h("section", { class: "card obstacle" },
    h("header", {}, icon("warning"), h("span", { class: "title" }, title)),
    detail !== undefined && detail !== "" && h("div", { class: "detail" }, detail),
    action && h("div", { class: "buttons" },
      h("button", {
        type: "button", class: "primary",
        onclick: () => run(action.command === "reopen" ? ask("reopen", {}) : ask("runCommand", { command: action.command })),
      }, action.label)),
  );
}

function revertCard(): HTMLElement {
  return h("section", { class: "card", "data-needs": "unrevert" },
    h("header", {}, icon("discard"), h("span", { class: "title" }, t("The session was taken back to an earlier message."))),
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "secondary", onclick: () => run(relay("sidestream/session/unrevert", {})) }, t("Undo the revert"))),
  );
}

function elsewhereCard(): HTMLElement {
  const show = () => run(ask("runCommand", { command: "sidestream.showWaiting" }));
  return h("button", { type: "button", class: "link elsewhere", onclick: show },
    icon("bell-dot"), t("Another session waits for you"));
}

function todoCard(todos: Todo[], open: boolean): HTMLElement {
  const done = todos.filter(({ status }) => status === "completed").length;
  return h("details", { class: "card todos", open },
    h("summary", {}, icon("checklist"), t("{0} of {1} done", done, todos.length)),
    todoList(todos),
  );
}
