// `stylua --check`, by StyLua's WebAssembly build: node stylua.mjs [--write] FOLDER... with STYLUA naming its package.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const stylua = createRequire(import.meta.url)(join(process.env.STYLUA, "stylua_lib_node.cjs"));
const options = process.argv.slice(2);
const write = options[0] === "--write";

// Formatting consumes it, so each file has its own. It says the same as editors/nvim/stylua.toml.
function settings() {
  const config = stylua.Config.new();
  config.column_width = 120;
  config.indent_type = stylua.IndentType.Spaces;
  config.indent_width = 2;
  config.quote_style = stylua.QuoteStyle.AutoPreferDouble;
  return config;
}

let wrong = 0;
for (const folder of write ? options.slice(1) : options) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".lua")) continue;
    const path = join(folder, name);
    const code = readFileSync(path, "utf8");
    const formatted = stylua.formatCode(code, settings(), undefined, stylua.OutputVerification.None);
    if (formatted === code) continue;
    if (write) writeFileSync(path, formatted);
    else {
      console.log(`${path} is not formatted as StyLua does it`);
      wrong += 1;
    }
  }
}
process.exit(wrong ? 1 : 0);
