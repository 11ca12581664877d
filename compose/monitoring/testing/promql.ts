/** Names of metrics in an expression of PromQL, by leaving out everything that is none. */

const words = new Set([
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "bool",
  "or",
  "and",
  "unless",
  "offset",
  "inf",
  "nan",
]);

/** Recorded names and `ALERTS` among them; functions, labels, durations, strings and numbers are not. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replace(/"(?:[^"\\]|\\.)*"/g, " ")
    .replace(/\{[^}]*\}/g, " ")
    .replace(/\[[^\]]*\]/g, " ")
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ");
  const found = [...bare.matchAll(/(?<![\w.:])([a-zA-Z_:][\w:]*)\s*(\(?)/g)].flatMap(([, name = "", call]) =>
    call || words.has(name.toLowerCase()) ? [] : [name],
  );
  return [...new Set(found)];
}
