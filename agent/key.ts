/** The submit key: the same message and place in its plan always give the same key, so that a re-run makes no second job. */
import { digest } from "../core/json.ts";

/** At most 128 printable characters; a digest where the plain form would be longer or could be read in two ways. */
export function submitKey(conversation: string, message: string, ordinal: number): string {
  const plain = `${conversation}:${message}:${ordinal}`;
  return /^[\w-]+:[\w-]+:\d+$/.test(plain) && plain.length <= 128 ? plain : `turn-${digest([conversation, message, ordinal])}`;
}
