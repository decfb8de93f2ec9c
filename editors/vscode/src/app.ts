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

export class App implements vscode.Disposable {
  readonly backend: Backend;
  readonly overview: Overview;
  readonly editorContext = new EditorContext();
  readonly texts = new Texts();
  readonly review: Review;
  readonly completion: PromptCompletion;
  readonly panels: Panels;

  constructor(
    readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    this.backend = new Backend(context.extension, log);
    this.overview = new Overview(this.backend, log);
    this.review = new Review(this.backend, this.texts);
    this.completion = new PromptCompletion(this.backend);
    this.panels = new Panels(this);
  }

  get extensionUri(): vscode.Uri {
    return this.context.extensionUri;
  }

  /** The folder that the user works in: of the active editor, else the first that is open. */
  activeInstance(): Instance | undefined {
    const { file } = this.editorContext;
    return (file === undefined ? undefined : this.overview.instanceOf(file)) ?? this.overview.instances.values().next().value;
  }

  dispose(): void {
    this.panels.dispose();
    this.texts.dispose();
    this.editorContext.dispose();
    this.overview.dispose();
    this.backend.dispose();
  }
}
