// One panel's counterpart in the extension host: which session it shows, and what it is told.
// It keeps no messages: what a hidden panel misses, it gets whole when it is shown again.

import * as vscode from "vscode";
import type { App } from "./app";
import { obstacleOf, connectionText } from "./obstacle";
import { panelActions } from "./panelActions";
import { panelHtml } from "./panelHtml";
import type {
  Choice, ContentEvent, EditorContext, FromPanel, Obstacle, PanelMemory, PanelState, RelayedMethod, Shown, ToPanel,
} from "./panelMessages";
import { relayedMethods } from "./panelMessages";
import type { Instance, PromptPart, Session } from "./protocol";
import { describeError } from "./errors";

/** A frame of a screen: what comes closer together is sent to the panel together. */
const flushEveryMs = 16;

export class PanelHost implements vscode.Disposable {
  /** What the panel shows; no session is the one that begins with the next prompt. */
  instanceId: string | undefined;
  sessionId: string | undefined;
  choice: Choice = {};
  memory: PanelMemory = {};
  /** The page is there and listens. */
  ready = false;
  private opened: string | undefined;
  /** Why the shown session could not be opened. */
  private failure: Obstacle | undefined;
  private lastState = "";
  private pending: ContentEvent[] = [];
  private flushTimer: NodeJS.Timeout | undefined;
  private waitingForReady: ToPanel[] = [];
  private readonly disposables: vscode.Disposable[] = [];

  constructor(
    readonly app: App,
    private readonly webview: vscode.Webview,
    private readonly save: (memory: PanelMemory) => void,
    memory: PanelMemory | undefined,
  ) {
    if (memory) this.memory = memory;
    this.sessionId = this.memory.sessionId;
    this.findFolder();
    webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(app.context.extensionUri, "dist")] };
    this.disposables.push(
      webview.onDidReceiveMessage((message: FromPanel) => this.receive(message)),
      app.overview.onDidChange(() => this.overviewChanged()),
      app.backend.onDidChangeState(() => this.backendChanged()),
      app.editorContext.onDidChange(() => this.postState()),
    );
    webview.html = panelHtml(webview, app.context.extensionUri, this.memory);
    app.panels.add(this);
  }

  dispose(): void {
    this.app.panels.delete(this);
    this.hidden();
    for (const each of this.disposables) each.dispose();
  }

  get instance(): Instance | undefined {
    return this.instanceId === undefined ? undefined : this.app.overview.instances.get(this.instanceId);
  }

  get session(): Session | undefined {
    return this.sessionId === undefined ? undefined : this.app.overview.sessions.get(this.sessionId);
  }

  private get shown(): Shown {
    const { directory, sessionId } = this.memory;
    return { directory, sessionId };
  }

  get context(): EditorContext | undefined {
    return this.instance && this.app.editorContext.in(this.instance.directory);
  }

  /** The page is gone; it says `ready` when it is there again. */
  hidden(): void {
    this.ready = false;
    this.pending = [];
    void this.closeOpened();
  }

  /** Shows a session, or none: the next prompt begins one. */
  async show(instanceId: string | undefined, sessionId: string | undefined): Promise<void> {
    if (sessionId !== this.sessionId) this.choice = {};
    this.instanceId = instanceId;
    this.sessionId = sessionId;
    this.memory = { ...this.memory, sessionId, directory: this.instance?.directory ?? this.memory.directory };
    this.save(this.memory);
    await this.open();
  }

  /** Reads the shown session whole and shows it. */
  async open(): Promise<void> {
    const { instanceId, sessionId } = this;
    this.failure = undefined;
    await this.closeOpened(sessionId);
    if (!this.ready) return;
    if (instanceId === undefined || sessionId === undefined || !this.instance) {
      this.postState();
      if (sessionId === undefined) this.post({ type: "shown" });
      return;
    }
    try {
      this.opened = sessionId;
      const snapshot = await this.app.backend.request("sidestream/session/open", { instanceId, sessionId });
      if (this.sessionId !== sessionId) return;
      this.app.overview.put(this.app.overview.sessions, snapshot.session);
      this.pending = [];
      this.postState();
      this.post({ type: "shown", snapshot });
    } catch (error) {
      this.opened = undefined;
      if (this.sessionId !== sessionId) return;
      const { kind, message, hint } = describeError(error);
      this.app.log.warn(`The session could not be opened: ${message}`);
      if (kind === "sessionNotFound") return this.show(instanceId, undefined);
      // Without a connection, that is what there is to say; with it comes the next try.
      if (this.instance?.state !== "connected") return;
      const { t } = vscode.l10n;
      const detail = [message, hint].filter(Boolean).join("\n");
      this.failure = { title: t("The session cannot be shown"), detail, action: { label: t("Try Again"), command: "reopen" } };
      this.postState();
    }
  }

  /** A notification about the content of the shown session. */
  content(event: ContentEvent): void {
    if (!this.ready || event.params.sessionId !== this.opened) return;
    this.pending.push(event);
    this.flushTimer ??= setTimeout(() => this.flush(), flushEveryMs);
  }

  /** A session was deleted, here or elsewhere. */
  removed(sessionId: string): void {
    if (this.sessionId === sessionId) void this.show(this.instanceId, undefined);
  }

  insert(text: string | undefined, parts: PromptPart[] = []): void {
    this.post({ type: "insert", text, parts });
  }

  focusPrompt(): void {
    this.post({ type: "focus" });
  }

  choose(choice: Choice): void {
    this.choice = { ...this.choice, ...choice };
    this.postState();
  }

  private flush(): void {
    this.flushTimer = undefined;
    const events = this.pending;
    this.pending = [];
    if (this.ready && events.length > 0) this.post({ type: "events", events });
  }

  private receive(message: FromPanel): void {
    switch (message.type) {
      case "ready":
        this.ready = true;
        this.lastState = "";
        this.memory = { ...message.memory, ...this.shown };
        void this.begin();
        return;
      case "focused":
        this.app.panels.lastUsed = this;
        return;
      case "remember":
        this.memory = { ...message.memory, ...this.shown };
        this.save(this.memory);
        return;
      case "ask":
        void this.answer(message.id, message.name, message.params);
    }
  }

  private async begin(): Promise<void> {
    if (!this.instance) this.findFolder();
    this.postState();
    await this.open();
    for (const message of this.waitingForReady.splice(0)) this.post(message);
    await this.app.backend.start();
  }

  private async answer(id: number, name: string, params: unknown): Promise<void> {
    try {
      const value = await this.perform(name, params);
      this.post({ type: "answer", id, value });
    } catch (error) {
      const { message, hint } = describeError(error);
      this.app.log.warn(`${name}: ${message}`);
      this.post({ type: "answer", id, error: { message, hint } });
    }
  }

  private async perform(name: string, params: unknown): Promise<unknown> {
    if (relayedMethods.includes(name as RelayedMethod)) {
      const of = { instanceId: this.instanceId, sessionId: this.sessionId };
      return this.app.backend.request(name as RelayedMethod, { ...of, ...(params as object) } as never);
    }
    const action = panelActions[name as keyof typeof panelActions];
    if (!action) throw new Error(`The panel asked for “${name}”, which nobody knows.`);
    return action(this, params as never);
  }

  private overviewChanged(): void {
    const wasWithout = !this.instance;
    if (wasWithout) this.findFolder();
    const isUnopened = this.opened === undefined && !this.failure && this.sessionId !== undefined && this.instance?.state === "connected";
    if (this.ready && this.instance && (wasWithout || isUnopened)) void this.open();
    this.postState();
  }

  private backendChanged(): void {
    // Instances have other names in the next process: what is shown is found again by its folder.
    if (this.app.backend.state !== "running") {
      this.instanceId = undefined;
      this.opened = undefined;
    }
    this.postState();
  }

  /** The folder that was shown, else the one of the active editor, else the first. */
  private findFolder(): void {
    const { overview } = this.app;
    const { directory, sessionId } = this.memory;
    const remembered = directory === undefined ? undefined : overview.instanceAt(directory);
    if (!remembered && sessionId !== undefined && !overview.isComplete) return;
    this.instanceId = (remembered ?? this.app.activeInstance())?.id;
    if (this.instance) this.sessionId = remembered && sessionId;
  }

  private async closeOpened(except?: string): Promise<void> {
    const sessionId = this.opened;
    if (sessionId === undefined || sessionId === except) return;
    this.opened = undefined;
    const instanceId = this.app.overview.sessions.get(sessionId)?.instanceId;
    if (instanceId === undefined || this.app.panels.someShows(sessionId, this) || this.app.backend.state !== "running") return;
    await this.app.backend.request("sidestream/session/close", { instanceId, sessionId }).catch(() => undefined);
  }

  shows(sessionId: string): boolean {
    return this.opened === sessionId;
  }

  postState(): void {
    if (!this.ready) return;
    const state = this.describe();
    const text = JSON.stringify(state);
    if (text === this.lastState) return;
    this.lastState = text;
    this.post({ type: "state", state });
  }

  private describe(): PanelState {
    const { overview } = this.app;
    const { instance, session } = this;
    const concerns = (waiting: { sessionId: string; path?: { id: string }[] }) =>
      this.sessionId !== undefined &&
      (waiting.sessionId === this.sessionId || waiting.path?.some(({ id }) => id === this.sessionId) === true);
    const permissions = [...overview.permissions.values()].filter(concerns);
    const questions = [...overview.questions.values()].filter(concerns);
    const parent = session?.parentId === undefined ? undefined : overview.sessions.get(session.parentId);
    return {
      obstacle: obstacleOf(this.app.backend.state, instance) ?? this.failure,
      connection: connectionText(this.app.backend.state, instance),
      instance,
      manyFolders: overview.instances.size > 1,
      session,
      parent: session?.parentId === undefined ? undefined : { id: session.parentId, title: parent?.title ?? "" },
      permissions,
      questions,
      unsupported: (instance && overview.catalogs.get(instance.id)?.unsupported) ?? [],
      choice: this.describeChoice(),
      context: this.context,
      waitingElsewhere: overview.waiting - permissions.length - questions.length,
      shown: this.shown,
    };
  }

  private describeChoice(): Choice {
    const catalog = this.instance && this.app.overview.catalogs.get(this.instance.id);
    const agent = this.choice.agent ?? this.session?.agent ?? catalog?.defaults.agent;
    const ofAgent = catalog?.agents.find(({ name }) => name === agent)?.model;
    const model = this.choice.model ?? this.session?.model ?? ofAgent ?? catalog?.defaults.model;
    const known = catalog?.models.find(({ providerId, modelId }) => providerId === model?.providerId && modelId === model.modelId);
    return {
      agent,
      model,
      modelName: known?.name ?? model?.modelId,
      variant: this.choice.variant ?? model?.variant,
      hasVariants: (known?.variants.length ?? 0) > 0,
      permissionMode: this.session?.permissionMode,
    };
  }

  private post(message: ToPanel): void {
    if (this.ready) void this.webview.postMessage(message);
    else if (message.type === "insert" || message.type === "focus") this.waitingForReady.push(message);
  }
}
