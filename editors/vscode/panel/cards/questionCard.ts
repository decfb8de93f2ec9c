// Questions of the model: options to choose from, and room for the user's own words where they are welcome.

import type { Question, QuestionItem } from "../../src/protocol";
import { relay, run } from "../bridge";
import { h, icon } from "../dom";
import { t } from "../texts";

export function questionCard({ id, questions }: Question): HTMLElement {
  const fields = questions.map((item, index) => new QuestionField(item, `${id}-${index}`));
  const submit = h("button", { type: "submit", class: "primary" }, t("Answer"));
  const dismiss = () => run(relay("sidestream/question/reject", { questionId: id }));
  const form = h("form", { class: "card question", "aria-label": t("Question") },
    ...fields.map(({ element }) => element),
    h("div", { class: "buttons" }, submit, h("button", { type: "button", class: "secondary", onclick: dismiss }, t("Dismiss"))),
  );
  const check = () => (submit.disabled = fields.some(({ answers }) => answers.length === 0));
  form.addEventListener("input", check);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(relay("sidestream/question/reply", { questionId: id, answers: fields.map(({ answers }) => answers) }));
  });
  check();
  return form;
}

class QuestionField {
  readonly element: HTMLElement;
  private readonly choices: HTMLInputElement[];
  private readonly own: HTMLInputElement | undefined;

  constructor({ header, question, options, multiple, custom }: QuestionItem, name: string) {
    this.choices = options.map(({ label }) => h("input", { type: multiple ? "checkbox" : "radio", name, value: label }));
    this.own = custom || options.length === 0 ? h("input", { type: "text", "aria-label": t("Your own answer"), placeholder: t("Your own answer") }) : undefined;
    // One's own words are an answer of their own where only one is taken.
    this.own?.addEventListener("input", () => {
      if (!multiple) for (const choice of this.choices) choice.checked = false;
    });
    this.element = h("fieldset", {},
      h("legend", {}, icon("question"), header && header !== question ? `${header}: ${question}` : question),
      ...options.map(({ label, description }, index) =>
        h("label", {}, this.choices[index], h("span", {}, label), description !== "" && h("span", { class: "note" }, description))),
      this.own,
    );
  }

  get answers(): string[] {
    const chosen = this.choices.filter(({ checked }) => checked).map(({ value }) => value);
    const own = this.own?.value.trim();
    return own ? [...chosen, own] : chosen;
  }
}
