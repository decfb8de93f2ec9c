// Text from outside, made showable: colours of terminals are left out, and characters that would steer what shows it are
// shown themselves: control characters, and those that turn the direction of writing to hide what is there.

// eslint-disable-next-line no-control-regex
const colour = /\u001b\[[0-9;:]*m/g;
// eslint-disable-next-line no-control-regex
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

export function plainText(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(colour, "").replace(steering, picture);
}

/** The same for the editor's own notifications and dialogs, which take `[text](command:…)` for a link that runs a command. */
export function plainNotice(text: string): string {
  return plainText(text).replace(/\]\(/g, "] (");
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
