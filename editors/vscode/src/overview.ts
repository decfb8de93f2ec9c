// What the server last said of instances, sessions and of what waits for the user: for trees, badges and bars.
// It decides nothing and holds no messages; it can be thrown away at any time and is filled anew.

import * as vscode from "vscode";
import type { Backend } from "./backend";
import type { Catalog, Instance, Permission, Question, Session } from "./protocol";

export class Overview implements vscode.Disposable {
  readonly instances = new Map<string, Instance>();
  readonly sessions = new Map<string, Session>();
  readonly permissions = new Map<string, Permission & { instanceId: string }>();
  readonly questions = new Map<string, Question & { instanceId: string }>();
  readonly catalogs = new Map<string, Catalog>();
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

  dispose(): void {
    this.changed.dispose();
  }

  instanceAt(directory: string): Instance | undefined {
    return [...this.instances.values()].find((instance) => instance.directory === directory);
  }

  /** The instance whose folder holds the file, the innermost when several do. */
  instanceOf(file: string): Instance | undefined {
    return [...this.instances.values()]
      .filter(({ directory }) => file === directory || file.startsWith(directory.endsWith("/") ? directory : `${directory}/`))
      .sort((a, b) => b.directory.length - a.directory.length)[0];
  }

  /** Newest first; without sub-agents' sessions. */
  roots(instanceId: string): Session[] {
    return [...this.sessions.values()]
      .filter((session) => session.instanceId === instanceId && !session.parentId && !session.time.archived)
      .sort((a, b) => b.time.updated - a.time.updated);
  }

  children(sessionId: string): Session[] {
    return [...this.sessions.values()]
      .filter((session) => session.parentId === sessionId)
      .sort((a, b) => a.time.created - b.time.created);
  }

  supports(instanceId: string, method: string): boolean {
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
    try {
      const [{ sessions }, { permissions }, { questions }, catalog] = await Promise.all([
        this.backend.request("sidestream/session/list", { instanceId }),
        this.backend.request("sidestream/permission/list", { instanceId }),
        this.backend.request("sidestream/question/list", { instanceId }),
        this.backend.request("sidestream/catalog", { instanceId }).catch(() => undefined),
      ]);
      this.forgetInstance(instanceId);
      for (const session of sessions) this.sessions.set(session.id, session);
      for (const permission of permissions) this.permissions.set(permission.id, { ...permission, instanceId });
      for (const question of questions) this.questions.set(question.id, { ...question, instanceId });
      if (catalog) this.catalogs.set(instanceId, catalog);
      this.tell();
    } catch (error) {
      this.log.warn(`The sessions of ${instanceId} could not be listed: ${String(error)}`);
    }
  }

  private forgetInstance(instanceId: string): void {
    for (const map of [this.sessions, this.permissions, this.questions]) {
      for (const [id, value] of map) if (value.instanceId === instanceId) map.delete(id);
    }
  }

  private forgetAll(): void {
    this.isComplete = false;
    for (const map of [this.instances, this.sessions, this.permissions, this.questions, this.catalogs]) map.clear();
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
