/** File names for people: what a picture shows, in any script, safe in a path, a URL and a header. */

/** Letters and digits of any script, in lower case, joined by `-`, at most 48 characters, cut between words; `picture` where nothing is left. */
export function slug(text: string): string {
  const words = text
    .slice(0, 500)
    .normalize("NFKC")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter(Boolean);
  let name = "";
  for (const word of words) {
    if (name && [...name, ...word].length >= 48) break;
    name = name ? `${name}-${word}` : [...word].slice(0, 48).join("");
  }
  return name || "picture";
}

/** `a-red-fox-in-fresh-snow-42.png` */
export function artifactName(prompt: string, seed: number, extension: string): string {
  return `${slug(prompt)}-${seed}.${extension}`;
}

/** The contact sheet of a dataset: `biscuit-sheet.jpg`. */
export function sheetName(name: string): string {
  return `${slug(name)}-sheet.jpg`;
}

/** `fox.jpg` made twice as large is `fox-2x.png`. */
export function upscaledName(name: string, scale: number, extension: string): string {
  const base = [...name.replace(/\.[a-z0-9]{1,5}$/i, "")].slice(0, 80).join("");
  return `${base || "picture"}-${scale}x.${extension}`;
}
