import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "*.mjs"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "max-lines": ["error", { max: 400, skipBlankLines: true }],
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text is text. HTML becomes elements in sanitise.ts only." },
        { property: "outerHTML", message: "Text is text. HTML becomes elements in sanitise.ts only." },
        { property: "insertAdjacentHTML", message: "Text is text. HTML becomes elements in sanitise.ts only." },
      ],
    },
  },
  { files: ["src/protocol.ts"], rules: { "max-lines": "off" } },
);
