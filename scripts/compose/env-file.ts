/** `compose/.env`: made from `.env.example`, read as Compose reads it, and changed one line at a time. */

/** `NAME=value` lines; quotes around a value and a comment behind it are not part of it. The last one of a name counts. */
export function parseEnv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [, name = "", raw = ""] of text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm)) {
    const quoted = /^(["'])(.*)\1(?:\s+#.*)?$/.exec(raw);
    values[name] = quoted ? (quoted[2] ?? "") : raw.replace(/(^|\s+)#.*$/, "");
  }
  return values;
}

/** The same text with this value: its line is replaced, one that is commented out is used, else one is added. */
export function withValue(text: string, name: string, value: string): string {
  const line = `${name}=${value}`;
  // of several lines the last one counts, so all of them are changed; of examples the first becomes the line
  for (const pattern of [new RegExp(`^${name}=.*$`, "gm"), new RegExp(`^#[ \\t]*${name}=.*$`, "m")])
    if (pattern.test(text)) return text.replace(pattern, () => line);
  return `${text.replace(/\n*$/, text === "" ? "" : "\n")}${line}\n`;
}
