// Unified diffs, applied forwards and backwards to a text. Pure: it reads no files.
// Several diffs of one file may follow each other in a patch, as when several turns changed it.

interface Hunk {
  oldStart: number;
  newStart: number;
  before: string[];
  after: string[];
}

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The diffs of a patch, in their order, each as its hunks. */
export function parsePatch(patch: string): Hunk[][] {
  const diffs: Hunk[][] = [];
  let current: Hunk[] | undefined;
  let hunk: Hunk | undefined;
  let oldLeft = 0;
  let newLeft = 0;
  for (const line of patch.split("\n")) {
    const header = hunkHeader.exec(line);
    if (hunk && (oldLeft > 0 || newLeft > 0)) {
      const text = line.slice(1);
      if (!line.startsWith("+") && !line.startsWith("\\")) {
        hunk.before.push(text);
        oldLeft--;
      }
      if (!line.startsWith("-") && !line.startsWith("\\")) {
        hunk.after.push(text);
        newLeft--;
      }
    } else if (header) {
      oldLeft = Number(header[2] ?? 1);
      newLeft = Number(header[4] ?? 1);
      hunk = { oldStart: Number(header[1]), newStart: Number(header[3]), before: [], after: [] };
      if (!current) diffs.push((current = []));
      current.push(hunk);
    } else if (!line.startsWith("\\")) {
      current = undefined;
    }
  }
  return diffs;
}

/** The text after the patch; `undefined` when the patch is not one of this text. */
export function applyPatch(text: string, patch: string): string | undefined {
  return run(text, parsePatch(patch), false);
}

/** The text before the patch; `undefined` when the text is not what the patch leads to. */
export function revertPatch(text: string, patch: string): string | undefined {
  return run(text, parsePatch(patch).reverse(), true);
}

/** Both sides of a patch by itself, where the file has gone on since: the changed places only. */
export function sidesOf(patch: string): { before: string; after: string } {
  const hunks = parsePatch(patch).flat();
  const join = (side: "before" | "after") => hunks.map((hunk) => hunk[side].join("\n")).join("\n⋯\n");
  return { before: join("before"), after: join("after") };
}

function run(text: string, diffs: Hunk[][], backwards: boolean): string | undefined {
  let result: string | undefined = text;
  for (const hunks of diffs) {
    if (result === undefined) return undefined;
    result = applyHunks(result, hunks, backwards);
  }
  return result;
}

function applyHunks(text: string, hunks: Hunk[], backwards: boolean): string | undefined {
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text === "" ? [] : text.split(/\r?\n/);
  // The empty piece behind the last line's end is no line, but keeps that end.
  const endsWithLineEnd = lines.length > 0 && lines.at(-1) === "";
  if (endsWithLineEnd) lines.pop();
  let shift = 0;
  for (const hunk of hunks) {
    const from = (backwards ? hunk.after : hunk.before).map(withoutReturn);
    const to = (backwards ? hunk.before : hunk.after).map(withoutReturn);
    const start = backwards ? hunk.newStart : hunk.oldStart;
    // A hunk without old lines says the line that it goes behind.
    const at = (from.length === 0 ? start : start - 1) + shift;
    if (!from.every((line, index) => lines[at + index] === line)) return undefined;
    lines.splice(at, from.length, ...to);
    shift += to.length - from.length;
  }
  const keepsEnd = endsWithLineEnd || text === "";
  return lines.length === 0 ? "" : lines.join(lineEnd) + (keepsEnd ? lineEnd : "");
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
