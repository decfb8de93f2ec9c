// Collects the texts of src/ and panel/ into l10n/bundle.l10n.json, for translators: `node l10n.mjs`. `--check` only says
// whether the file is stale.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = path.dirname(fileURLToPath(import.meta.url));
const bundle = path.join(root, "l10n/bundle.l10n.json");

/** The first arguments of `t("…")` and `vscode.l10n.t("…")`. */
function textsOf(file, source) {
  const texts = [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTranslation(node.expression)) {
      const [text] = node.arguments;
      if (!text || !ts.isStringLiteralLike(text)) {
        throw new Error(`${file}: a text to translate has to be a plain string: ${node.getText()}`);
      }
      texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return texts;
}

function isTranslation(callee) {
  if (ts.isIdentifier(callee)) return callee.text === "t";
  return ts.isPropertyAccessExpression(callee) && callee.name.text === "t" && callee.expression.getText().endsWith("l10n");
}

async function filesOf(folder) {
  const names = await readdir(path.join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(".ts")).map((name) => path.join(folder, name));
}

const files = (await Promise.all(["src", "panel"].map(filesOf))).flat();
const texts = (await Promise.all(files.map(async (file) => textsOf(file, await readFile(path.join(root, file), "utf8"))))).flat();
const wanted = `${JSON.stringify(Object.fromEntries([...new Set(texts)].sort().map((text) => [text, text])), null, 2)}\n`;
if (!process.argv.includes("--check")) {
  await writeFile(bundle, wanted);
} else if ((await readFile(bundle, "utf8").catch(() => "")) !== wanted) {
  console.error("l10n/bundle.l10n.json is stale: node l10n.mjs");
  process.exitCode = 1;
}
