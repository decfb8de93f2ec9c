// Text of programs, made showable: colours of terminals are left out, other control characters are shown, never obeyed.

// eslint-disable-next-line no-control-regex
const colour = /\u001b\[[0-9;:]*m/g;
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export function plainText(text: string): string {
  return text
    .replace(/\r\n/g, "\n")
    .replace(colour, "")
    .replace(control, (character) => String.fromCharCode(0x2400 + (character === "\u007f" ? 0x21 : character.charCodeAt(0))));
}
