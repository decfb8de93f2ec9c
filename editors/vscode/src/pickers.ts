// The editor's own pick lists for agent, model, variant and permission mode.

import * as vscode from "vscode";
import { showError } from "./errors";
import type { PanelHost } from "./panelHost";
import type { Catalog, Model, PermissionMode } from "./protocol";

type Item<T> = vscode.QuickPickItem & { value?: T };

export async function pickAgent(host: PanelHost): Promise<void> {
  const catalog = await readCatalog(host);
  const items: Item<string>[] = catalog.agents
    .filter(({ mode }) => mode !== "subagent")
    .map(({ name, description }) => ({ label: name, detail: description, value: name }));
  const chosen = await pick(items, vscode.l10n.t("Agent for the next prompts"));
  if (chosen === undefined) return;
  const model = catalog.agents.find(({ name }) => name === chosen)?.model;
  // A model that the user chose stays, unless the agent has one of its own.
  host.choose({ agent: chosen, ...(model && { model: undefined, variant: undefined }) });
}

export async function pickModel(host: PanelHost): Promise<void> {
  const catalog = await readCatalog(host);
  const groups: [Model["rank"], string][] = [
    ["favourite", vscode.l10n.t("Favourites")],
    ["recent", vscode.l10n.t("Used lately")],
    ["other", vscode.l10n.t("All others")],
  ];
  const items = groups.flatMap(([rank, label]): Item<Model>[] => {
    const models = catalog.models.filter((model) => model.rank === rank);
    if (models.length === 0) return [];
    return [
      { label, kind: vscode.QuickPickItemKind.Separator },
      ...models.map((model) => ({ label: model.name, description: model.providerName, detail: describe(model), value: model })),
    ];
  });
  const chosen = await pick(items, vscode.l10n.t("Model for the next prompts"));
  if (!chosen) return;
  host.choose({ model: { providerId: chosen.providerId, modelId: chosen.modelId }, variant: undefined });
}

export async function pickVariant(host: PanelHost): Promise<void> {
  const catalog = await readCatalog(host);
  const model = host.choice.model ?? host.session?.model ?? catalog.defaults.model;
  const known = catalog.models.find(({ providerId, modelId }) => providerId === model?.providerId && modelId === model.modelId);
  const items: Item<string>[] = (known?.variants ?? []).map((variant) => ({ label: variant, value: variant }));
  const chosen = await pick(items, vscode.l10n.t("How hard the model thinks"));
  if (chosen !== undefined) host.choose({ variant: chosen });
}

export async function pickPermissionMode(host: PanelHost): Promise<void> {
  const { t } = vscode.l10n;
  const { instanceId, sessionId, session } = host;
  if (instanceId === undefined || sessionId === undefined) {
    void vscode.window.showInformationMessage(t("The session begins with its first prompt; then you can choose what it may do."));
    return;
  }
  const items: Item<PermissionMode>[] = [
    { label: modeName("default"), detail: t("As your OpenCode configuration says"), value: "default" },
    { label: modeName("ask"), detail: t("Everything that may change something asks first"), value: "ask" },
    { label: modeName("acceptEdits"), detail: t("Edits of files do not ask"), value: "acceptEdits" },
    { label: modeName("allow"), detail: t("Nothing asks; what your configuration denies stays denied"), value: "allow" },
  ];
  for (const item of items) if (item.value === session?.permissionMode) item.description = t("in use");
  const mode = await pick(items, t("What this session may do without asking"));
  if (mode) await host.app.backend.request("sidestream/session/setPermissionMode", { instanceId, sessionId, mode }).catch(showError);
}

export function modeName(mode: PermissionMode): string {
  const { t } = vscode.l10n;
  return { default: t("As configured"), ask: t("Ask for everything"), acceptEdits: t("Accept edits"), allow: t("Allow everything") }[mode];
}

async function readCatalog({ app, instanceId }: PanelHost): Promise<Catalog> {
  if (instanceId === undefined) throw new Error(vscode.l10n.t("No folder is connected yet."));
  const catalog = app.overview.catalogs.get(instanceId) ?? (await app.backend.request("sidestream/catalog", { instanceId }));
  app.overview.catalogs.set(instanceId, catalog);
  return catalog;
}

async function pick<T>(items: Item<T>[], placeHolder: string): Promise<T | undefined> {
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  return chosen?.value;
}

function describe({ limit, cost, reasoning, attachments }: Model): string {
  const { t } = vscode.l10n;
  return [
    limit && limit.context > 0 && t("{0}k context", Math.round(limit.context / 1000)),
    cost && cost.input + cost.output > 0 && t("${0} in, ${1} out per million tokens", cost.input, cost.output),
    reasoning && t("thinks"),
    attachments && t("sees images"),
  ].filter(Boolean).join(" · ");
}
