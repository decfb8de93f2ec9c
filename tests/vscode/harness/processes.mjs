// Processes that a test starts: each in a group of its own, all ended with the test, also when it fails.

import { spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";

const groups = new Set();
process.on("exit", () => groups.forEach(endGroup));

/** Resolves with the process when a line of its output matches. */
export function start(command, args, options, ready) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  groups.add(child.pid);
  return new Promise((resolve, reject) => {
    let output = "";
    const hear = (data) => {
      output += data;
      const found = ready.exec(output);
      if (found) resolve({ pid: child.pid, child, found });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${output.slice(-2000)}`)));
  });
}

export function endGroup(pid) {
  groups.delete(pid);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Processes whose command line, environment or folder names the text. */
export async function processesWith(text) {
  const found = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const read = (file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    const [line, environment] = await Promise.all(["cmdline", "environ"].map(read));
    if (line.includes(text) || environment.includes(text)) found.push({ pid: Number(pid), command: line.split("\0") });
  }
  return found;
}
