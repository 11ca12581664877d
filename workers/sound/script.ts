/** What a text and a sound have to do with each other: characters a second, words that differ. */

const eastAsian = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** Letters and digits: what is spoken. */
export function spokenCharacters(text: string): number {
  return (text.match(/[\p{L}\p{N}]/gu) ?? []).length;
}

/** Whether a character of it stands for a syllable or more. */
export function isSyllabic(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.length > 0 && letters.filter((letter) => eastAsian.test(letter)).length > letters.length / 2;
}

/** Characters a second that a person speaks, and what is usual. */
export function rateOf(text: string): { least: number; usual: number; most: number } {
  return isSyllabic(text) ? { least: 1.5, usual: 4.5, most: 12 } : { least: 4, usual: 13, most: 30 };
}

export function secondsOf(text: string, speed: number): number {
  return spokenCharacters(text) / rateOf(text).usual / speed;
}

/** Words without case and marks; characters, where no spaces are between words. */
function units(text: string): string[] {
  const plain = text.normalize("NFKC").toLowerCase();
  if (isSyllabic(plain)) return plain.match(/[\p{L}\p{N}]/gu) ?? [];
  return plain.replace(/['’]/g, "").match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** Words to change, add or leave out to get from what was said to what is written, by the words that were said. 0 = the same. */
export function wordErrorRate(said: string, written: string): number {
  const [from, to] = [units(said), units(written)];
  if (from.length === 0) return to.length === 0 ? 0 : 1;
  let row = to.map((_, index) => index + 1);
  for (const [index, word] of from.entries()) {
    let [left, corner] = [index + 1, index];
    row = row.map((above, column) => {
      const value = Math.min(above + 1, left + 1, corner + (word === to[column] ? 0 : 1));
      corner = above;
      left = value;
      return value;
    });
  }
  return (row.at(-1) ?? from.length) / from.length;
}
