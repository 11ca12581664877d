/** Starts a thread from `dist` as it is, and from source through tsx: Node 20 reads no TypeScript, and a thread inherits no loader from its parent. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** @param entry such as `new URL("./thread.ts", import.meta.url)` */
export function startThread(entry: URL): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL(entry.href.replace(/\.ts$/, ".js")));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx/package.json"));
  const loader = new URL("./dist/esm/api/index.mjs", tsx).href;
  const start = `import(${JSON.stringify(loader)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(entry.href)}); });`;
  return new Worker(start, { eval: true, execArgv: [] });
}
