/** Text in which a person sees all there is: what cannot be seen, or turns the order of what can, is written out. */

/** Line breaks, tabs and the joiners within emoji stay. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, (one) =>
    one === "\n" || one === "\t" || one === "\u200d" ? one : `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );
}
