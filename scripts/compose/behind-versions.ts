/** Which of a registry's tags are newer than the pinned one: of the same form (`16.14-alpine`, never `16.15` or `17beta1-alpine`), with higher numbers. */

const shape = (tag: string) => tag.replace(/\d+/g, "#");
const numbers = (tag: string) => (tag.match(/\d+/g) ?? []).map(Number);

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (const [n, value] of left.entries()) if (value !== right[n]) return value - (right[n] ?? 0);
  return 0;
}

export interface Newer {
  /** The newest of the same major version. */
  within?: string;
  /** The newest of all, where it has a higher major version: its notes must be read first. */
  major?: string;
}

/** A first number that is a year is no major version: dates have none. */
export function newerThan(tag: string, tags: readonly string[]): Newer {
  const alike = tags.filter((other) => shape(other) === shape(tag) && compare(other, tag) > 0).sort(compare);
  const first = numbers(tag)[0] ?? 0;
  const dated = first >= 1990;
  const within = alike.filter((other) => dated || numbers(other)[0] === first).at(-1);
  const newest = alike.at(-1);
  return { ...(within ? { within } : {}), ...(newest && newest !== within ? { major: newest } : {}) };
}
