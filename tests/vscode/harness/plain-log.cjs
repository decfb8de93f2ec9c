// Stands in for the native logger of the VS Code server, whose output channels would stay empty without one.

const fs = require("node:fs");
const path = require("node:path");

const levels = ["trace", "debug", "info", "warning", "error", "critical", "off"];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = 2;
    this.withTime = true;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.appendFileSync(file, "");
  }
  write(level, text) {
    if (level < this.level) return;
    const head = this.withTime ? `${new Date().toISOString()} [${levels[level]}] ` : "";
    fs.appendFileSync(this.file, this.withTime ? `${head}${text}\n` : String(text));
  }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  setPattern() { this.withTime = true; }
  clearFormatters() { this.withTime = false; }
  flush() {}
  drop() {}
}
["trace", "debug", "info", "warn", "error", "critical"].forEach((name, level) => {
  Logger.prototype[name] = function (text) { this.write(level, text); };
});

const create = async (name, file) => new Logger("rotating", name, file);
module.exports = { version: 0, Logger, setLevel() {}, setFlushOn() {}, createRotatingLogger: create, createAsyncRotatingLogger: create };
