/** Whether words that a model filled in are the person's own. A small model invents, repeats the instruction or answers nothing; none of that is submitted. */

/** Grammar, and words of asking, in any of our languages: they tell nothing of what is wanted. */
const plain = new Set(
  "a an the of in on at with and or to for from by as is are it its this that these those my our your his her their me us you i we some one no into over under near please pls kindly draw drawing paint painting render make create picture pictures image images pic pics photo illustration ein eine einen einem einer eines der die das den dem des im am auf mit und oder von vom zu zum zur für bei mein meine bitte mir uns bild bilder zeichne male un una unos unas el la los las de del en con y o para por mi mis al lo le imagen imágenes foto dibuja dibujar pinta".split(
    " ",
  ),
);

/** Grammar, or a word of asking. */
export const isPlainWord = (word: string): boolean => plain.has(word.toLowerCase());

export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** "wing" and "wings", "alte" and "alten": inflection is no other word. */
function akin(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (long.length - short.length > 3) return false;
  const stem = short.replace(/(?:es|en|er|em|s|e|n)$/u, "");
  return stem.length >= 3 && long.startsWith(stem);
}

const digits = (text: string): string[] => text.match(/\d+/g) ?? [];

/** True where the filled text tells something, and nothing that the person did not say. */
export function isOwnWords(filled: string, said: string): boolean {
  const own = wordsOf(said);
  const telling = wordsOf(filled).filter((word) => !plain.has(word));
  return telling.length > 0 && telling.every((word) => own.some((other) => akin(word, other)));
}

/** A number that a person wrote is somewhere in what is submitted, or it was overlooked. */
export function keepsNumbers(said: string, input: unknown): boolean {
  const kept = new Set(digits(JSON.stringify(input)));
  return digits(said).every((number) => kept.has(number));
}
