// Questions of the model: options to choose from, and room for the user's own words where they are welcome.

import type { Question, QuestionItem } from "../../src/protocol";
import type { FilledIn } from "../../src/panelMessages";
import { relay } from "../bridge";
import { h, icon } from "../dom";
import { t } from "../texts";
import { WaitingCard } from "./waitingCard";

export function questionCard({ id, questions }: Question): WaitingCard {
  const element = h("form", { class: "card question", "aria-label": t("Question") });
  const card = new WaitingCard(id, element);
  const fields = questions.map((item, index) => new QuestionField(item, `${id}-${index}`, card.filledIn[index]));
  const submit = h("button", { type: "submit", class: "primary" }, t("Answer"));
  const dismiss = () => card.answer(() => relay("sidestream/question/reject", { questionId: id }));
  const check = () => (submit.disabled = fields.some(({ answers }) => answers.length === 0));
  element.append(
    ...fields.map((field) => field.element),
    h("div", { class: "buttons" }, submit, h("button", { type: "button", class: "secondary", onclick: dismiss }, t("Dismiss"))),
  );
  element.addEventListener("input", () => {
    check();
    card.keep(fields.map(({ filledIn }) => filledIn));
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    card.answer(() => relay("sidestream/question/reply", { questionId: id, answers: fields.map(({ answers }) => answers) }));
  });
  check();
  return card;
}

class QuestionField {
  readonly element: HTMLElement;
  private readonly choices: HTMLInputElement[];
  private readonly own: HTMLInputElement | undefined;

  constructor({ header, question, options, multiple, custom }: QuestionItem, name: string, before: FilledIn | undefined) {
    const type = multiple ? "checkbox" : "radio";
    this.choices = options.map(({ label }) => h("input", { type, name, value: label, checked: before?.chosen.includes(label) }));
    this.own = custom || options.length === 0
      ? h("input", { type: "text", value: before?.own, "aria-label": t("Your own answer"), placeholder: t("Your own answer") })
      : undefined;
    if (!multiple) this.takeOne();
    this.element = h("fieldset", {},
      h("legend", {}, icon("question"), header && header !== question ? `${header}: ${question}` : question),
      ...options.map(({ label, description }, index) =>
        h("label", {}, this.choices[index], h("span", {}, label), description !== "" && h("span", { class: "note" }, description))),
      this.own,
    );
  }

  get answers(): string[] {
    const { chosen, own } = this.filledIn;
    return own.trim() ? [...chosen, own.trim()] : chosen;
  }

  get filledIn(): FilledIn {
    return { chosen: this.choices.filter(({ checked }) => checked).map(({ value }) => value), own: this.own?.value ?? "" };
  }

  /** One's own words and an option are two answers. */
  private takeOne(): void {
    const { choices, own } = this;
    own?.addEventListener("input", () => choices.forEach((choice) => (choice.checked = false)));
    for (const choice of choices) choice.addEventListener("input", () => own && (own.value = ""));
  }
}
