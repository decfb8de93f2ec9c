// What goes with the prompt besides its text: chips for files, selections and pictures, and the chip of the active file.

import type { EditorContext } from "../../src/panelMessages";
import type { PromptPart } from "../../src/protocol";
import { memory, remember } from "../bridge";
import { h, icon, iconButton, redraw } from "../dom";
import { t } from "../texts";

export class Attachments {
  private readonly contextChip = h("span", { role: "listitem" });
  private chips: { part: PromptPart; element: HTMLElement }[] = [];
  private context: EditorContext | undefined;
  readonly element = h("div", { class: "chips", role: "list", "aria-label": t("What goes along") });

  constructor(private readonly changed: () => void) {}

  get parts(): PromptPart[] {
    return this.chips.map(({ part }) => part);
  }

  /** Shows others, without telling of a change. */
  show(parts: PromptPart[]): void {
    this.chips = parts.map((part) => ({ part, element: this.chip(part) }));
    this.draw();
  }

  add(parts: PromptPart[]): void {
    this.chips.push(...parts.map((part) => ({ part, element: this.chip(part) })));
    this.draw();
    this.changed();
  }

  setContext(context: EditorContext | undefined): void {
    this.context = context;
    this.draw();
  }

  get withContext(): boolean {
    return this.context !== undefined && !memory.contextOff;
  }

  /** Pictures and files that were pasted or dropped. */
  async addFiles(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      const data = await base64(file);
      const isImage = file.type.startsWith("image/");
      const mime = file.type || "text/plain";
      this.add([isImage ? { type: "image", mime, data } : { type: "attachment", mime, data, filename: file.name }]);
    }
  }

  private draw(): void {
    const { context } = this;
    redraw(this.contextChip, [context, memory.contextOff], () => [context && this.contextButton(context)]);
    this.element.replaceChildren(...(context ? [this.contextChip] : []), ...this.chips.map(({ element }) => element));
  }

  private contextButton({ label, range }: EditorContext): HTMLElement {
    const off = memory.contextOff === true;
    const name = range ? `${label}:${range.start}-${range.end}` : label;
    const toggle = () => {
      remember({ contextOff: !off });
      this.draw();
    };
    return h("button", {
      type: "button", class: off ? "chip off" : "chip", "aria-pressed": String(!off), onclick: toggle,
      title: off
        ? t("The active file is not sent. Press to send it.")
        : t("The active file is sent with the prompt. Press to leave it out."),
      "aria-label": t("Active file: {0}", name),
    }, icon(off ? "eye-closed" : "eye"), h("span", {}, name));
  }

  private chip(part: PromptPart): HTMLElement {
    const name = nameOf(part);
    const remove = () => {
      this.chips = this.chips.filter((chip) => chip.part !== part);
      this.draw();
      this.changed();
    };
    const picture = part.type === "image" ? h("img", { src: `data:${part.mime};base64,${part.data}`, alt: "" }) : icon("file");
    return h("span", { class: "chip", role: "listitem" }, picture, h("span", {}, name), iconButton("close", t("Remove {0}", name), remove));
  }
}

function nameOf(part: PromptPart): string {
  switch (part.type) {
    case "text":
      return part.text.slice(0, 30);
    case "file":
    case "selection":
      return part.range ? `${lastSegment(part.path)}:${part.range.start}-${part.range.end}` : lastSegment(part.path);
    case "image":
      return t("Picture");
    case "attachment":
      return part.filename ?? part.mime;
    case "agent":
      return `@${part.name}`;
    case "diagnostics":
      return t("Problems of {0}", lastSegment(part.path));
  }
}

function lastSegment(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(t("“{0}” could not be read.", file.name)));
    reader.readAsDataURL(file);
  });
}
