// A small project as a person might have it: two files, a command of OpenCode's, and all of it committed.

import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const files = {
  "hello.ts": "export function hello(name: string) {\n  return `Hello, ${name}`;\n}\n",
  "notes.md": "# Notes\n\nNothing yet.\n",
  ".opencode/command/greet.md": "---\ndescription: Greets somebody\n---\nGreet $ARGUMENTS warmly.\n",
};

export async function makeProject(folder) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const git = (...command) => execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", ...command], { cwd: folder });
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "--message", "As it was");
  return folder;
}
