// Completion in the panel's prompt box, asked from the server: the box is a document of its own to it.
// What is offered, and how it is ranked, the server decides; as every editor, this one leaves out what does not match the word.

import type { Backend } from "./backend";
import type { Completion } from "./panelMessages";

interface Item {
  label: string;
  kind?: number;
  detail?: string;
  labelDetails?: { detail?: string; description?: string };
  insertText?: string;
  filterText?: string;
  sortText?: string;
  textEdit?: { newText: string; range: Range };
}
interface Position { line: number; character: number }
interface Range { start: Position; end: Position }

/** By LSP's CompletionItemKind. */
const icons: Record<number, string> = {
  3: "terminal", 5: "symbol-field", 6: "symbol-variable", 7: "symbol-class", 8: "symbol-interface", 9: "symbol-namespace",
  2: "symbol-method", 13: "symbol-enum", 17: "file", 19: "folder", 21: "symbol-constant", 22: "symbol-structure",
};
const shown = 50;

export class PromptCompletion {
  private version = 0;
  private readonly opened = new Set<string>();

  constructor(private readonly backend: Backend) {
    backend.onDidChangeState(() => this.opened.clear());
  }

  async complete(instanceId: string, sessionId: string | undefined, text: string, offset: number): Promise<Completion[]> {
    const uri = `sidestream://prompt/${encodeURIComponent(instanceId)}/${encodeURIComponent(sessionId ?? "new")}`;
    await this.synchronise(uri, text);
    const answer = await this.backend.requestStandard<Item[] | { items: Item[] } | null>("textDocument/completion", {
      textDocument: { uri },
      position: positionAt(text, offset),
    });
    const items = Array.isArray(answer) ? answer : (answer?.items ?? []);
    return items
      .sort((a, b) => (a.sortText ?? a.label).localeCompare(b.sortText ?? b.label))
      .map((item) => ({ filter: (item.filterText ?? item.label).toLowerCase(), completion: toCompletion(item, text, offset) }))
      .filter(({ filter, completion }) => filter.includes(text.slice(completion.start, offset).toLowerCase()))
      .map(({ completion }) => completion)
      .slice(0, shown);
  }

  private async synchronise(uri: string, text: string): Promise<void> {
    const version = ++this.version;
    if (this.opened.has(uri)) {
      await this.backend.notifyStandard("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
    } else {
      this.opened.add(uri);
      await this.backend.notifyStandard("textDocument/didOpen", { textDocument: { uri, languageId: "sidestream-prompt", version, text } });
    }
  }
}

function toCompletion(item: Item, text: string, offset: number): Completion {
  const range = item.textEdit?.range;
  return {
    label: item.label,
    detail: item.labelDetails?.description ?? item.detail,
    icon: icons[item.kind ?? 0] ?? "symbol-misc",
    insert: item.textEdit?.newText ?? item.insertText ?? item.label,
    start: range ? offsetAt(text, range.start) : startOfWord(text, offset),
    end: range ? offsetAt(text, range.end) : offset,
  };
}

function startOfWord(text: string, offset: number): number {
  const before = text.slice(0, offset);
  return offset - (/[^\s@/]*$/.exec(before)?.[0].length ?? 0);
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

function offsetAt(text: string, { line, character }: Position): number {
  const lines = text.split("\n");
  const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(before + character, text.length);
}
