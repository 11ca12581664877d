/** A stdio MCP process of the product's own modules only, with an empty studio: for looking at what gets loaded. */
import { appendFileSync } from "node:fs";
import { register } from "node:module";

const loaded = process.env["LOADED"] ?? "";
const hook = `
import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(loaded)}, url + "\\n");
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
appendFileSync(loaded, "");

const { serveStdio } = await import("../stdio.ts");
const never = (): never => {
  throw new Error("not scripted");
};
await serveStdio(
  {
    tools: async () => [],
    invoke: never,
    answer: never,
    job: never,
    jobs: never,
    watch: never,
    artifact: never,
    artifacts: never,
    link: never,
    thumbnail: never,
    download: never,
    cancel: never,
  },
  { version: "1.2.3" },
);
