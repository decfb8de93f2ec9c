// A small project as a person might have it: two files, committed.

import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const files = {
  "hello.ts": "export function hello(name: string) {\n  return `Hello, ${name}`;\n}\n",
  "notes.md": "# Notes\n\nNothing yet.\n",
};

export async function makeProject(folder) {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
  const git = (...command) => execFileSync("git", [...who, ...command], { cwd: folder });
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "--message", "As it was");
  return folder;
}
