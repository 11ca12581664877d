/** Long text in pieces that an engine can say. */

/** Behind these a dot ends no sentence. Lower case, without the dot. */
const abbreviations = new Set(
  `mr mrs ms dr prof st jr sr vs etc no nr vol fig approx dept est inc ltd co corp gen col sgt capt rev hon e.g i.e a.m p.m u.s u.k
  z.b d.h u.a bzw ca evtl ggf str tel usw vgl hr fr abs art bd jh
  mme mlle m p pp cf ex env sr sra srta ud uds dra pág núm av avda ing
  г ул д т.е т.д т.п им стр руб тыс млн`.split(/\s+/),
);

type Level = "sentence" | "clause" | "word";

/** These stand without a space behind them. */
const eastAsian = /^[。！？；：，、]/;

/** True where the text may be cut behind `at`, the place of a mark. */
function endsThere(text: string, at: number): boolean {
  const mark = text[at] ?? "";
  const after = text.slice(at + 1, at + 3);
  if (eastAsian.test(mark)) return true;
  // 3.14, 1,000, 12:30, example.org, "?!" and the quote that closes behind a dot
  if (after !== "" && !/^\s/.test(after)) return false;
  if (mark !== ".") return true;
  const word =
    /(\S+)\.$/
      .exec(text.slice(Math.max(0, at - 40), at + 1))?.[1]
      ?.toLowerCase()
      .replace(/^["'(«„“]+/, "") ?? "";
  if (abbreviations.has(word) || /^\p{L}$/u.test(word)) return false;
  // "3. Mai", "No. 5": a small number, or a small letter behind it, goes on; "there are 3. Then" stays whole, which harms nothing
  return !/^\d{1,2}$/.test(word) && !/^\s\p{Ll}/u.test(after);
}

const marks: Record<Exclude<Level, "word">, RegExp> = {
  sentence: /[.!?…。！？]["'”’»)\]」』]*|\n+/gu,
  clause: /[,;:—–，；：、]["'”’»)\]]*/gu,
};

/** The pieces at one level, in order, nothing lost. */
function split(text: string, level: Level): string[] {
  if (level === "word") return text.match(/\S+\s*/gu) ?? [];
  const pieces: string[] = [];
  let from = 0;
  for (const match of text.matchAll(marks[level])) {
    const last = match.index + match[0].length;
    const ends =
      /^\n/.test(match[0]) ||
      (match[0].length > 1 && !eastAsian.test(match[0]) ? /^(\s|$)/.test(text.slice(last, last + 1)) : endsThere(text, match.index));
    if (!ends) continue;
    pieces.push(text.slice(from, last));
    from = last;
  }
  pieces.push(text.slice(from));
  return pieces.filter((piece) => piece.trim() !== "");
}

/** A word longer than a piece may be: by characters, as a person sees them. */
function hard(text: string, most: number): string[] {
  const pieces = [""];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if ((pieces.at(-1)?.length ?? 0) + segment.length > most && pieces.at(-1) !== "") pieces.push("");
    pieces[pieces.length - 1] += segment;
  }
  return pieces;
}

const finer: Record<Level, Level | undefined> = { sentence: "clause", clause: "word", word: undefined };

function within(text: string, most: number, level: Level): string[] {
  if (text.trim().length <= most) return [text.trim()];
  const pieces = split(text, level);
  const next = finer[level];
  const small = pieces.flatMap((piece) =>
    piece.trim().length <= most ? [piece] : next ? within(piece, most, next) : hard(piece.trim(), most),
  );
  // as few pieces as there can be: each beginning costs an engine a breath
  const joined: string[] = [];
  for (const piece of small) {
    const last = joined.at(-1);
    const both =
      last === undefined
        ? undefined
        : /\s$/u.test(last) || /[。！？；：，、」』]$/u.test(last) || /^\s/u.test(piece)
          ? last + piece
          : `${last} ${piece}`;
    if (both !== undefined && both.trim().length <= most) joined[joined.length - 1] = both;
    else joined.push(piece);
  }
  return joined.map((piece) => piece.trim()).filter(Boolean);
}

/** Sentences of a text, none cut. */
export function sentencesOf(text: string): string[] {
  return split(text.trim(), "sentence").map((piece) => piece.trim());
}

/** At sentences, then clauses, then words; never inside a number or an abbreviation where it can be helped. @param most characters of a piece. */
export function cutText(text: string, most: number): string[] {
  const clean = text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\S\n]+/g, " ")
    .trim();
  return clean === "" ? [] : within(clean, Math.max(1, most), "sentence");
}
