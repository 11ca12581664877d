/** Which known values a half-typed one may mean, the likeliest first. */
import { nearest } from "../../core/nearest.ts";

export interface Candidate {
  value: string;
  /** By which else it is found: a title, a file name. */
  words?: string;
}

const partsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter(Boolean);

/** Shorter than this everything is near. */
const shortest = 3;

/** In an order of likelihood, and within one kind of match as given: begins with it, contains it (or every word of it begins a word), or, where nothing does, was mistyped. */
export function rank(typed: string, candidates: readonly Candidate[]): string[] {
  const wanted = typed.trim().toLowerCase().slice(0, 200);
  const wantedParts = partsOf(wanted);
  const begins = ({ value }: Candidate): boolean => value.toLowerCase().startsWith(wanted);
  const contains = ({ value, words = "" }: Candidate): boolean => {
    if (value.toLowerCase().includes(wanted)) return true;
    const parts = partsOf(words);
    return wantedParts.length > 0 && wantedParts.every((part) => parts.some((word) => word.startsWith(part)));
  };
  const near = ({ value, words }: Candidate): boolean => {
    const text = (words ?? value).toLowerCase();
    const heads = [text, ...partsOf(text)].map((word) => word.slice(0, wanted.length)).filter((word) => word.length >= shortest);
    return nearest(wanted, heads) !== undefined;
  };
  const first = candidates.filter(begins);
  const second = candidates.filter((one) => !begins(one) && contains(one));
  const found = first.length + second.length > 0 || wanted.length < shortest ? [...first, ...second] : candidates.filter(near);
  return [...new Set(found.map(({ value }) => value))];
}
