// The panel's words in the user's language. The extension host hands the translations over with the page.

const bundle = JSON.parse(document.body.dataset["texts"] ?? "{}") as Record<string, string | { message: string }>;

/** `t("{0} of {1} done", 2, 5)` */
export function t(text: string, ...values: (string | number)[]): string {
  const found = bundle[text];
  const translated = typeof found === "string" ? found : (found?.message ?? text);
  return translated.replace(/\{(\d+)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
