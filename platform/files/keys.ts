/** Keys of stored files: ours, plain, and never a way out of the store. */

const segment = /^[a-z0-9_-][a-z0-9._-]*$/;

/** Throws for what is a programming error: nobody outside chooses keys. Segments that begin with a dot are kept for the store's own use. */
export function checkKey(key: string): string {
  if (key.length > 512 || !key.split("/").every((part) => segment.test(part))) throw new Error(`not a storage key: ${JSON.stringify(key)}`);
  return key;
}

/** A prefix is a key that may stop anywhere. */
export function checkPrefix(prefix: string): string {
  if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
  return prefix;
}
