// Makes a VSIX: `node package.mjs OUT.vsix [--target linux-x64 --server PATH]`. With a server it is for that platform
// only; without one it is for all, and finds `sidestream` by setting or PATH.
import { createVSIX } from "@vscode/vsce";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { parseArgs } from "node:util";

const root = path.dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  options: { target: { type: "string" }, server: { type: "string" } },
  allowPositionals: true,
});
const packagePath = path.resolve(positionals[0] ?? `sidestream${values.target ? `-${values.target}` : ""}.vsix`);
const bundled = path.join(root, "server");
/** Links of the README lead here on the marketplace. */
const here = "https://github.com/sidestream-editor/sidestream";

process.env.NODE_ENV = "production";
await import("./build.mjs");
await rm(bundled, { recursive: true, force: true });
if (values.server) {
  await mkdir(bundled);
  const program = path.join(bundled, values.target?.startsWith("win32") ? "sidestream.exe" : "sidestream");
  await copyFile(values.server, program);
  await chmod(program, 0o755);
}
for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"]) {
  await copyFile(path.join(root, "../..", name), path.join(root, name));
}
try {
  await createVSIX({ cwd: root, packagePath, target: values.target, dependencies: false, skipLicense: true, baseContentUrl: `${here}/blob/HEAD/editors/vscode`, baseImagesUrl: `${here}/raw/HEAD/editors/vscode` });
} finally {
  await rm(bundled, { recursive: true, force: true });
  for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"]) await rm(path.join(root, name));
}
