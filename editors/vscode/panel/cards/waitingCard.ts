// What permissions and questions have in common: a card that is answered once, and remembers what is filled in until then.

import type { FilledIn } from "../../src/panelMessages";
import { memory, rememberOf, run } from "../bridge";

export class WaitingCard {
  /** The user has answered it here. */
  isAnswered = false;

  constructor(
    private readonly id: string,
    readonly element: HTMLElement,
  ) {}

  get filledIn(): FilledIn[] {
    return memory.answers?.[this.id] ?? [];
  }

  keep(filledIn: FilledIn[]): void {
    rememberOf("answers", this.id, filledIn);
  }

  /** Nothing can be pressed while the answer is under way, nor after it; when it fails, it can be given again. */
  answer(give: () => Promise<unknown>): void {
    if (this.isAnswered) return;
    this.setAnswered(true);
    run(give().then(() => rememberOf("answers", this.id, undefined), (error: unknown) => {
      this.setAnswered(false);
      throw error;
    }));
  }

  private setAnswered(isAnswered: boolean): void {
    this.isAnswered = isAnswered;
    this.element.toggleAttribute("inert", isAnswered);
  }
}
