/** The words of a slash command: `"…"` groups, `--flag=value` splits, and everything keeps how it was written. */

export interface Token {
  /** As typed. */
  raw: string;
  /** Without the quotes around it. */
  text: string;
  quoted: boolean;
}

const token = /((?:--|[—–])[\p{L}\p{N}_-]+)=(?="|“)|"((?:[^"\\]|\\.)*)"|“([^“”]*)”|\S+/gu;

/** Editors of chats make one long dash of two short ones; alone, or before anything but a letter, it stays what it is. */
const flagged = (text: string): string => text.replace(/^[—–](?=\p{L})/u, "--");

export function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  for (const [typed, start, straight, curly] of line.matchAll(token)) {
    const [raw, flag] = [flagged(typed), start && flagged(start)];
    if (flag) tokens.push({ raw: flag, text: flag, quoted: false });
    else if (straight !== undefined) tokens.push({ raw, text: straight.replace(/\\(["\\])/g, "$1"), quoted: true });
    else if (curly !== undefined) tokens.push({ raw, text: curly, quoted: true });
    else {
      const split = /^(--[\p{L}\p{N}_-]+)=(.*)$/u.exec(raw);
      if (split)
        tokens.push(
          { raw: split[1] ?? "", text: split[1] ?? "", quoted: false },
          { raw: split[2] ?? "", text: split[2] ?? "", quoted: false },
        );
      else tokens.push({ raw, text: raw, quoted: false });
    }
  }
  return tokens;
}

/** Free words: one quoted unit loses its quotes, anything else stays as typed (a sign that says "hello"). */
export function freeText(tokens: readonly Token[]): string {
  const [only] = tokens;
  return tokens.length === 1 && only ? only.text : tokens.map((entry) => entry.raw).join(" ");
}
