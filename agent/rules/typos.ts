/** Typos of command words: two letters swapped, one missing or one doubled. Never one letter for another: "drew" is no "draw", "sketchy" no "sketch". */

function swapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

function oneMissing(short: string, long: string): boolean {
  if (short.length + 1 !== long.length) return false;
  for (let at = 0; at < long.length; at++) if (long.slice(0, at) + long.slice(at + 1) === short) return true;
  return false;
}

/** The command word that a mistyped one means, if any. Inflected forms ("draws", "painted") are words of their own. */
export function corrected(word: string, commands: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  if (lower.length < 4 || commands.includes(lower)) return undefined;
  return commands.find((command) => {
    if (command[0] !== lower[0] || new RegExp(`^${command}(s|d|n|t|r|ed|er)$`).test(lower)) return false;
    return swapped(lower, command) || oneMissing(lower, command) || (oneMissing(command, lower) && /(.)\1/u.test(lower));
  });
}

/** The first words of a clause, corrected where they are nearly commands, and spelled out where chats shorten them. */
export function correctStart(
  clause: string,
  commands: readonly string[],
  known: ReadonlySet<string>,
  spellings: Readonly<Record<string, string>> = {},
): string {
  let left = 3;
  return clause.replace(/^(?:[^\p{L}]*[\p{L}]+){1,3}/u, (start) =>
    start.replace(/[\p{L}]+/gu, (word) => {
      left--;
      const lower = word.toLowerCase();
      if (Object.hasOwn(spellings, lower)) return spellings[lower] ?? word;
      if (left === 0 || known.has(lower)) return word;
      return corrected(word, commands) ?? word;
    }),
  );
}
