// Runs the Sidestream server and carries requests and notifications, typed by the protocol.
// It keeps nothing of what they say, and draws nothing.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { App } from "./app";
import { findServer } from "./binary";
import type { Notifications, Requests } from "./protocol";
import { onDidChangeSettings, serverCommandSetting, serverSettings } from "./settings";

/** Why there is no server to talk to, or that there is one. */
export type BackendState = "untrusted" | "stopped" | "missing" | "starting" | "running" | "crashed";

const crashesForgivenWithin = 3 * 60_000;
const crashesForgiven = 3;
/** Neither a start nor a stop takes longer. */
const patienceMs = 30_000;
const stopPatienceMs = 5_000;

type Listener = (params: never) => void;

export class Backend {
  private client: LanguageClient | undefined;
  private starting: Promise<void> | undefined;
  private crashes: number[] = [];
  private readonly listeners = new Map<string, Listener[]>();
  private readonly changed = new vscode.EventEmitter<BackendState>();
  readonly onDidChangeState = this.changed.event;
  state: BackendState = vscode.workspace.isTrusted ? "stopped" : "untrusted";
  /** Settings have changed that count for servers which are started from then on. */
  isStale = false;
  /** Told what a command of the server's answered; set by whoever shows it. */
  onCommandAnswered: (answer: unknown) => void = () => undefined;

  constructor(private readonly app: App) {
    app.subscriptions.push(
      this.changed,
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.become("stopped");
        void this.start();
      }),
      onDidChangeSettings((commandChanged) => {
        if (commandChanged || this.state === "missing") void this.restart();
        else if (this.client) void this.settingsChanged(this.client);
      }),
    );
  }

  on<M extends keyof Notifications>(method: M, listener: (params: Notifications[M]) => void): void {
    const known = this.listeners.get(method);
    if (known) known.push(listener);
    else this.listeners.set(method, [listener]);
  }

  async request<M extends keyof Requests>(
    method: M,
    params: Requests[M]["params"],
    token?: vscode.CancellationToken,
  ): Promise<Requests[M]["result"]> {
    return this.requestStandard<Requests[M]["result"]>(method, params, token);
  }

  /** Standard requests of the language server protocol, as completion. */
  async requestStandard<R>(method: string, params: object, token?: vscode.CancellationToken): Promise<R> {
    const client = await this.running();
    // An absent token would count as a second parameter.
    return token ? client.sendRequest<R>(method, params, token) : client.sendRequest<R>(method, params);
  }

  async notifyStandard(method: string, params: object): Promise<void> {
    const client = await this.running();
    await client.sendNotification(method, params);
  }

  /** Starts the server unless it runs. Nothing is started in a folder that is not trusted. */
  async start(): Promise<void> {
    if (!vscode.workspace.isTrusted || this.state === "running") return;
    this.starting ??= this.launch().finally(() => (this.starting = undefined));
    return this.starting;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.crashes = [];
    await this.start();
  }

  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    try {
      await client.dispose(stopPatienceMs);
    } catch (error) {
      this.app.log.warn(`The server did not stop in an orderly way: ${String(error)}`);
    }
    this.become("stopped");
  }

  /** They count for what is opened from then on, and for the rest when the user wants it: a restart ends what runs. */
  private async settingsChanged(client: LanguageClient): Promise<void> {
    this.isStale = true;
    await client.sendNotification("workspace/didChangeConfiguration", { settings: { sidestream: serverSettings() } });
    const { t } = vscode.l10n;
    const restart = t("Restart");
    const chosen = await vscode.window.showInformationMessage(t("The changed settings count after a restart of Sidestream."), restart);
    if (chosen === restart && this.isStale) await this.restart();
  }

  private async running(): Promise<LanguageClient> {
    await this.start();
    if (!this.client || this.state !== "running") throw new Error(this.explain());
    return this.client;
  }

  private explain(): string {
    switch (this.state) {
      case "untrusted":
        return vscode.l10n.t("Sidestream starts nothing in a folder that you do not trust.");
      case "missing":
        return vscode.l10n.t("The program “sidestream” was not found. Install it, or name it in the setting “sidestream.command”.");
      default:
        return vscode.l10n.t("The Sidestream server does not run. “Sidestream: Restart” starts it again.");
    }
  }

  private async launch(): Promise<void> {
    const found = findServer(serverCommandSetting(), this.app.context.extensionPath, process.env);
    if (!found) {
      this.app.log.error("No program “sidestream” in the setting, in the extension or on PATH.");
      this.become("missing");
      return;
    }
    this.app.log.info(`Starting ${[found.command, ...found.args].join(" ")}`);
    this.become("starting");
    this.isStale = false;
    // Loaded with the first start: activation need not wait for it.
    const { CloseAction, ErrorAction, LanguageClient, State } = await import("vscode-languageclient/node");
    const client = new LanguageClient(
      "sidestream",
      "Sidestream",
      { command: found.command, args: found.args },
      {
        // No document of the editor is told to the server: the prompt's is, by promptCompletion.ts, and code actions need none.
        documentSelector: [{ language: "sidestream-prompt" }],
        outputChannel: this.app.log,
        initializationOptions: serverSettings(),
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
        },
        middleware: {
          executeCommand: async (command, args, next) => {
            const answer: unknown = await next(command, args);
            this.onCommandAnswered(answer);
            return answer;
          },
        },
      },
    );
    for (const [method, listeners] of this.listeners) {
      client.onNotification(method, (params: unknown) => {
        for (const listener of listeners) listener(params as never);
      });
    }
    client.onDidChangeState(({ oldState, newState }) => {
      if (this.client === client && oldState === State.Running && newState === State.Stopped) void this.crashed();
    });
    try {
      await within(patienceMs, client.start());
      this.client = client;
      this.become("running");
    } catch (error) {
      this.app.log.error(`The server could not be started: ${String(error)}`);
      this.become(isNotFound(error) ? "missing" : "crashed");
    }
  }

  /** The server has ended by itself: it is started again, unless it keeps doing that. */
  private async crashed(): Promise<void> {
    this.client = undefined;
    const now = Date.now();
    this.crashes = [...this.crashes.filter((time) => now - time < crashesForgivenWithin), now];
    const again = this.crashes.length <= crashesForgiven;
    this.become(again ? "starting" : "crashed");
    this.app.log.warn(`The server has ended by itself; it is ${again ? "" : "not "}started again.`);
    if (again) await this.start();
  }

  private become(state: BackendState): void {
    if (this.state === state) return;
    this.state = state;
    this.changed.fire(state);
  }
}

function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${milliseconds / 1000} s.`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function isNotFound(error: unknown): boolean {
  return /ENOENT|EACCES/.test(String(error));
}
