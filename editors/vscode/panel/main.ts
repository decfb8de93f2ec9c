// The panel's page: puts its pieces together and hands them what the extension host says.

import type { PanelState } from "../src/panelMessages";
import { answered, listen, memory, remember } from "./bridge";
import { Cards } from "./cards/cards";
import { h, icon } from "./dom";
import { Header } from "./header";
import { PromptBox } from "./prompt/promptBox";
import { t } from "./texts";
import { TranscriptView } from "./transcript/transcriptView";

const view = new TranscriptView();
const header = new Header();
const prompt = new PromptBox();
const cards = new Cards((text) => (view.announcer.textContent = text), () => prompt.focus());
const welcome = h("div", { class: "welcome", hidden: true },
  icon("comment-discussion"),
  h("p", {}, t("What should be done here?")),
  h("p", { class: "note" }, t("An agent reads, changes and runs what you allow it to.")));
const failure = h("div", { class: "toast failure", role: "alert", hidden: true });
let state: PanelState | undefined;
/** Nothing is known before the host says what is shown. */
let isEmpty = false;

view.area.prepend(welcome);
view.onTodos = () => cards.showTodos(view.transcript.todos);
view.onLeave = () => prompt.focus();
failure.addEventListener("click", () => (failure.hidden = true));
document.addEventListener("keydown", (event) => view.key(event));

document.body.append(
  header.element,
  h("div", { class: "middle" }, view.area, view.scroller.jump),
  failure,
  cards.element,
  prompt.element,
  view.announcer,
);

function drawWelcome(): void {
  welcome.hidden = !isEmpty || state?.session !== undefined || state?.obstacle !== undefined;
}

listen({
  state(message) {
    state = message.state;
    const { directory, sessionId } = state.shown;
    if (directory !== memory.directory || sessionId !== memory.sessionId) remember({ directory, sessionId });
    document.body.dataset["lacks"] = state.unsupported.map((method) => method.split("/").at(-1)).join(" ");
    header.show(state);
    prompt.show(state);
    cards.show(state);
    drawWelcome();
  },
  shown({ snapshot }) {
    isEmpty = snapshot === undefined;
    failure.hidden = true;
    view.show(snapshot);
    drawWelcome();
  },
  events({ events }) {
    view.apply(events);
  },
  answer: answered,
  insert({ text, parts }) {
    prompt.insert(text, parts);
  },
  focus() {
    prompt.focus();
  },
}, (message) => {
  failure.textContent = message;
  failure.hidden = false;
});
