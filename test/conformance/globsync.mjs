/** Node 20 only: the suites' bundle imports `globSync` from `fs`, which Node 20 lacks, though only its `tier-check` calls it. This hook gives that bundle an `fs` with a stub. */
import { register } from "node:module";

const stub = `export * from "node:fs"; export { default } from "node:fs";
export const globSync = () => { throw new Error("globSync needs Node 22"); };`;
const hook = `
const stub = ${JSON.stringify(`data:text/javascript,${encodeURIComponent(stub)}`)};
const suites = /\\/(?:@modelcontextprotocol\\/conformance|conformance-next)\\/dist\\//;
export async function resolve(specifier, context, next) {
  const wanted = (specifier === "fs" || specifier === "node:fs") && suites.test(context.parentURL ?? "");
  return wanted ? { url: stub, shortCircuit: true } : next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
