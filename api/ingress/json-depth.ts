import { Problem } from '../http/problem';

const [quote, backslash] = [0x22, 0x5c];
const opens = (byte: number) => byte === 0x5b || byte === 0x7b;
const closes = (byte: number) => byte === 0x5d || byte === 0x7d;

/** Looked at before parsing: deep nesting parses, but breaks whoever walks it afterwards. */
export function assertDepth(text: Buffer, most: number): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (closes(byte)) depth--;
    else if (opens(byte) && ++depth > most)
      throw new Problem('invalid-request', `JSON nests deeper than ${most} levels here.`);
  }
}
