// The extension's parts, made once and handed to whoever needs several of them.

import * as vscode from "vscode";
import { Backend } from "./backend";
import { EditorContext } from "./editorContext";
import { Overview } from "./overview";
import { Panels } from "./panels";
import { PromptCompletion } from "./promptCompletion";
import type { Instance } from "./protocol";
import { Review } from "./review";
import { Texts } from "./texts";

export class App {
  readonly backend: Backend;
  readonly overview: Overview;
  readonly editorContext: EditorContext;
  readonly texts: Texts;
  readonly review: Review;
  readonly completion: PromptCompletion;
  readonly panels: Panels;

  constructor(
    readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    this.editorContext = new EditorContext(this);
    this.texts = new Texts(this);
    this.backend = new Backend(this);
    this.overview = new Overview(this.backend, log);
    this.review = new Review(this.backend, this.texts);
    this.completion = new PromptCompletion(this.backend);
    this.panels = new Panels(this);
  }

  /** What is to be given up with the window. */
  get subscriptions(): vscode.Disposable[] {
    return this.context.subscriptions;
  }

  /** The folder that the user works in: of the active editor, else the first that is open. */
  activeInstance(): Instance | undefined {
    const { file } = this.editorContext;
    return (file === undefined ? undefined : this.overview.instanceOf(file)) ?? this.overview.instances.values().next().value;
  }
}
