/**
 * Prompt ids: canonical lowercase UUIDs (anything else is refused by newer servers) of one family an attempt. The last digit (the last three in
 * a long series, such as the pieces of a video) is the picture's place in its series, the one before it counts the posts, so that from the one id that is stored all others are known. The
 * first eight name the adapter that posted: whoever adopts a prompt knows from them on which socket its events come.
 */
import { randomUUID } from "node:crypto";

/** A post whose fate is unclear, or a prompt lost in a restart, is posted anew this often. */
const maxPosts = 8;

const canonical = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const originDigits = 8;

export const newOrigin = (): string => randomUUID().slice(0, originDigits);

/** The `client_id` of a prompt, and of the socket to which its events are sent. */
export const clientIdOf = (promptId: string): string => `msb-${promptId.slice(0, originDigits)}`;

export interface PromptIds {
  /** A new id for this picture; undefined when there were too many. */
  next(picture: number): string | undefined;
}

/** Digits that the places of a series take. */
export const placeDigits = (count: number): number => (count <= 16 ? 1 : 3);

export function createPromptIds(origin = newOrigin(), digits = 1): PromptIds {
  const base = origin + randomUUID().slice(originDigits, -1 - digits);
  let post = -1;
  let last: number | undefined;
  return {
    next(picture) {
      // the first post of each later picture keeps the number: it differs in the last digit
      if (last === picture || post < 0) post++;
      last = picture;
      return post < maxPosts ? `${base}${post.toString(16)}${picture.toString(16).padStart(digits, "0")}` : undefined;
    },
  };
}

/** Every id that the attempt which stored this one may have posted: of this picture and those before it, the newest first. */
export function candidates(ref: string, digits = 1): { picture: number; id: string }[] {
  if (!canonical.test(ref)) return [];
  const posts = Number.parseInt(ref.at(-1 - digits) ?? "0", 16);
  const pictures = Number.parseInt(ref.slice(-digits), 16);
  const base = ref.slice(0, -1 - digits);
  const found: { picture: number; id: string }[] = [];
  for (let picture = pictures; picture >= 0; picture--)
    for (let post = posts; post >= 0; post--)
      found.push({ picture, id: `${base}${post.toString(16)}${picture.toString(16).padStart(digits, "0")}` });
  return found;
}
