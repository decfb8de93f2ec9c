// Bundles the extension: src/ for the extension host, panel/ for the webview. `--watch` goes on with every change.
import { context } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";
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

const contexts = await Promise.all([
  context({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    format: "cjs",
    external: ["vscode"],
  }),
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

await mkdir(path.join(root, "dist"), { recursive: true });
for (const file of ["codicon.css", "codicon.ttf"]) {
  await copyFile(path.join(root, "node_modules/@vscode/codicons/dist", file), path.join(root, "dist", file));
}
for (const each of contexts) {
  await (watch ? each.watch() : each.rebuild());
  if (!watch) await each.dispose();
}
