/** Names of files that a person brought, as they may be shown. They are never a path. */

/** Without folders, control and direction-changing characters; at most 60. */
export function shownName(name: string): string {
  const base = name.replace(/^.*[/\\]/, "").replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, "");
  return [...base].slice(0, 60).join("").trim() || "a picture";
}

const collator = new Intl.Collator("en", { numeric: true });

/** As a person counts: `photo2` before `photo10`. */
export function byName(one: { name: string }, other: { name: string }): number {
  return collator.compare(one.name, other.name);
}
