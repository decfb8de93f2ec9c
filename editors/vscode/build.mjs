// Bundles the extension: src/ for the extension host, panel/ for the webview. `--watch` goes on with every change.
import { context } from "esbuild";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = path.dirname(fileURLToPath(import.meta.url));
const watch = process.argv.includes("--watch");
const common = {
  absWorkingDir: root,
  bundle: true,
  minify: !watch,
  sourcemap: watch,
  target: "es2022",
  logLevel: "warning",
};

/** `import()` of what is CommonJS would not find all its names. */
const supported = { "dynamic-import": false };
const host = { ...common, platform: "node", format: "cjs", external: ["vscode"], supported };
const client = "vscode-languageclient/node";
/** Most of the code is the language client's, which is read when a server is started: activation need not wait for it. */
const clientApart = {
  name: "client apart",
  setup: ({ onResolve }) => onResolve({ filter: new RegExp(`^${client}$`) }, () => ({ path: "./languageClient.js", external: true })),
};

const contexts = await Promise.all([
  context({ ...host, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", plugins: [clientApart] }),
  context({ ...host, entryPoints: [client], outfile: "dist/languageClient.js" }),
  context({
    ...common,
    entryPoints: [
      { in: "panel/main.ts", out: "panel" },
      { in: "panel/style/panel.css", out: "panel" },
    ],
    outdir: "dist",
    platform: "browser",
    format: "iife",
  }),
]);

for (const each of contexts) {
  await (watch ? each.watch() : each.rebuild());
  if (!watch) await each.dispose();
}

const icons = path.join(root, "node_modules/@vscode/codicons/dist");
await copyFile(path.join(icons, "codicon.ttf"), path.join(root, "dist/codicon.ttf"));
const rules = await readFile(path.join(icons, "codicon.css"), "utf8");
await writeFile(path.join(root, "dist/codicon.css"), watch ? rules : await ofUsedIcons(rules));

/** Every element's style is looked up among all rules: the 600 of icons that the panel never shows were half of that. */
async function ofUsedIcons(rules) {
  const bundles = await Promise.all(["panel.js", "extension.js"].map((file) => readFile(path.join(root, "dist", file), "utf8")));
  const names = new Set(bundles.join().match(/(?<=["'`])[a-z]+(?:-[a-z]+)*(?=["'`~])/g));
  return rules.replace(/^\.codicon-([a-z0-9-]+):before \{.*\}\n/gm, (rule, name) => (names.has(name) ? rule : ""));
}
