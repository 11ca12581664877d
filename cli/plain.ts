/** Untrusted text (answers, file names, messages of servers) made safe for a terminal: what it shows can move no cursor and hide nothing. */
import { stripVTControlCharacters } from "node:util";

// control characters except tab and newline, and the marks that reverse the direction of what follows
const control = /(?![\t\n])\p{Cc}|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

export function plain(text: string): string {
  return stripVTControlCharacters(text.replace(/\r\n/g, "\n")).replace(control, "");
}

/** The same on one line, cut to `most` characters. */
export function plainLine(text: string, most = 200): string {
  const line = plain(text).replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : line;
}

/** A name that is a plain file in the folder it is put in, whatever the other side calls it. */
export function safeFileName(name: string): string {
  const last = plainLine(name, 4096).split(/[\\/]/).at(-1) ?? "";
  const bare = last.replace(/[<>:"|?*]/g, "_").replace(/^[\s.]+|[\s.]+$/g, "");
  const dot = bare.lastIndexOf(".");
  const ending = dot > 0 && bare.length - dot <= 12 ? bare.slice(dot) : "";
  let stem = ending ? bare.slice(0, dot) : bare;
  while (Buffer.byteLength(stem + ending) > 200) stem = [...stem].slice(0, -1).join("");
  return stem ? stem + ending : `file${ending}`;
}
