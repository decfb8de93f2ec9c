// What the server last said of instances, sessions and of what waits for the user: for trees, badges and bars.
// It decides nothing and holds no messages; it can be thrown away at any time and is filled anew.

import * as vscode from "vscode";
import type { Backend } from "./backend";
import { Entities } from "./entities";
import { relativeTo } from "./folders";
import type { Catalog, Instance, Permission, Question, Requests, Session } from "./protocol";

/** Enough to find one again; whoever has more, searches. */
const archiveLimit = 500;

export class Overview {
  readonly instances = new Map<string, Instance>();
  readonly sessions = new Entities<Session>();
  readonly permissions = new Entities<Permission & { instanceId: string }>();
  readonly questions = new Entities<Question & { instanceId: string }>();
  readonly catalogs = new Map<string, Catalog>();
  /** For instances that have more sessions than were read. */
  private readonly cursors = new Map<string, string>();
  /** The server has named all its instances: a folder that has none now is not open. */
  isComplete = false;
  private readonly changed = new vscode.EventEmitter<void>();
  private told = false;
  /** Once for all changes of a moment. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly backend: Backend,
    private readonly log: vscode.LogOutputChannel,
  ) {
    backend.onDidChangeState((state) => {
      if (state !== "running") this.forgetAll();
      else void this.readInstances();
      this.tell();
    });
    backend.on("sidestream/instance/didChange", ({ instance }) => this.setInstance(instance));
    backend.on("sidestream/instance/didClose", ({ instanceId }) => {
      this.instances.delete(instanceId);
      this.catalogs.delete(instanceId);
      this.forgetInstance(instanceId);
      this.tell();
    });
    backend.on("sidestream/session/didChange", ({ session }) => this.put(this.sessions, session));
    backend.on("sidestream/session/didRemove", ({ sessionId }) => this.drop(this.sessions, sessionId));
    backend.on("sidestream/permission/didAsk", ({ instanceId, permission }) => this.put(this.permissions, { ...permission, instanceId }));
    backend.on("sidestream/permission/didResolve", ({ permissionId }) => this.drop(this.permissions, permissionId));
    backend.on("sidestream/question/didAsk", ({ instanceId, question }) => this.put(this.questions, { ...question, instanceId }));
    backend.on("sidestream/question/didResolve", ({ questionId }) => this.drop(this.questions, questionId));
    backend.on("sidestream/catalog/didChange", ({ instanceId, catalog }) => {
      this.catalogs.set(instanceId, catalog);
      this.tell();
    });
  }

  instanceAt(directory: string): Instance | undefined {
    return [...this.instances.values()].find((instance) => instance.directory === directory);
  }

  /** The instance whose folder holds the file, the innermost when several do. */
  instanceOf(file: string): Instance | undefined {
    return [...this.instances.values()]
      .filter(({ directory }) => relativeTo(directory, file) !== undefined)
      .sort((a, b) => b.directory.length - a.directory.length)[0];
  }

  /** Newest first; without sub-agents' sessions. */
  roots(instanceId: string, archived = false): Session[] {
    return this.sessions.of(instanceId)
      .filter((session) => !session.parentId && Boolean(session.time.archived) === archived)
      .sort((a, b) => b.time.updated - a.time.updated);
  }

  hasMore(instanceId: string): boolean {
    return this.cursors.has(instanceId);
  }

  async readOlder(instanceId: string): Promise<void> {
    await this.readSessions(instanceId, this.cursors.get(instanceId));
    this.tell();
  }

  children(sessionId: string): Session[] {
    return [...this.sessions.values()]
      .filter((session) => session.parentId === sessionId)
      .sort((a, b) => a.time.created - b.time.created);
  }

  /** Only what its catalog names is not supported. */
  supports(instanceId: string, method: keyof Requests): boolean {
    return !this.catalogs.get(instanceId)?.unsupported.includes(method);
  }

  get waiting(): number {
    return this.permissions.size + this.questions.size;
  }

  get busy(): number {
    return [...this.instances.values()].reduce((sum, instance) => sum + instance.busy, 0);
  }

  put<T extends { id: string }>(map: Map<string, T>, value: T): void {
    map.set(value.id, value);
    this.tell();
  }

  private drop(map: Map<string, unknown>, id: string): void {
    if (map.delete(id)) this.tell();
  }

  private setInstance(instance: Instance): void {
    const before = this.instances.get(instance.id)?.state;
    this.put(this.instances, instance);
    if (instance.state === "connected" && before !== "connected") void this.read(instance.id);
  }

  private async readInstances(): Promise<void> {
    try {
      const { instances } = await this.backend.request("sidestream/instance/list", {});
      this.isComplete = true;
      for (const instance of instances) this.setInstance(instance);
      this.tell();
    } catch (error) {
      this.log.warn(`The folders could not be listed: ${String(error)}`);
    }
  }

  private async read(instanceId: string): Promise<void> {
    const of = { instanceId };
    const waiting = <T>(values: T[]) => values.map((value) => ({ ...value, instanceId }));
    try {
      await Promise.all([
        this.readSessions(instanceId),
        this.permissions.read(instanceId, async () => waiting((await this.backend.request("sidestream/permission/list", of)).permissions)),
        this.questions.read(instanceId, async () => waiting((await this.backend.request("sidestream/question/list", of)).questions)),
        this.backend.request("sidestream/catalog", of).then((catalog) => this.catalogs.set(instanceId, catalog), () => undefined),
      ]);
    } catch (error) {
      this.log.warn(`The sessions of ${instanceId} could not be listed: ${String(error)}`);
    }
    this.tell();
  }

  /** The archive is read whole. A page of the others says nothing of what is older, and a later one nothing of what it lacks. */
  private async readSessions(instanceId: string, after?: string): Promise<void> {
    const list = (what: object) => this.backend.request("sidestream/session/list", { instanceId, ...what });
    let oldest = 0;
    await this.sessions.read(instanceId, async () => {
      const archive = after === undefined && list({ archived: "only", limit: archiveLimit }).catch(() => undefined);
      const { sessions, cursor } = await list({ cursor: after });
      if (cursor === undefined) this.cursors.delete(instanceId);
      else this.cursors.set(instanceId, cursor);
      if (cursor !== undefined) oldest = sessions.at(-1)?.time.updated ?? 0;
      return [...sessions, ...((await archive) || { sessions: [] }).sessions];
    }, ({ time }) => after !== undefined || time.updated < oldest);
  }

  private forgetInstance(instanceId: string): void {
    for (const map of [this.sessions, this.permissions, this.questions]) map.forget(instanceId);
  }

  private forgetAll(): void {
    this.isComplete = false;
    for (const map of [this.instances, this.sessions, this.permissions, this.questions, this.catalogs, this.cursors]) map.clear();
  }

  private tell(): void {
    if (this.told) return;
    this.told = true;
    queueMicrotask(() => {
      this.told = false;
      this.changed.fire();
    });
  }
}
