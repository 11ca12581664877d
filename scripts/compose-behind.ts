/** `npm run compose:behind`: which pinned images of the stack have something newer. Asks the registries' tag lists, without an account; changes nothing. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { pinsOf } from "./compose/behind-images.ts";
import { createRegistry, registryAddress } from "./compose/behind-registry.ts";
import { exitCode, inWords, lookAtAll, summary } from "./compose/behind-report.ts";

const usage = `npm run compose:behind [-- --json] [--via HOST=ADDRESS ...] [--folder compose]
  --via    ask HOST's registry at ADDRESS, such as docker.io=http://mirror.lan:5000
Exit code: 0 nothing is behind, 1 something is, 2 a registry could not be asked.`;

const read = (args: string[]) =>
  parseArgs({
    args,
    options: {
      via: { type: "string", multiple: true, default: [] },
      folder: { type: "string", default: join(import.meta.dirname, "../compose") },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;

/** @returns the exit code. */
export async function main(args: string[], say: (line: string) => void): Promise<number> {
  let values: ReturnType<typeof read>;
  try {
    values = read(args);
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (values.help) {
    say(usage);
    return 0;
  }
  const via = new Map<string, string>();
  for (const each of values.via) {
    const [, host = "", address = ""] = /^([^=]+)=(https?:\/\/\S+)$/.exec(each) ?? [];
    if (!host) {
      say(`"${each}" is not HOST=ADDRESS, such as docker.io=http://mirror.lan:5000`);
      return 2;
    }
    via.set(host, address);
  }
  const pins = pinsOf(values.folder);
  const registry = createRegistry({ addressOf: (host) => via.get(host) ?? registryAddress(host) });
  const findings = await lookAtAll(pins, registry, values.json ? undefined : (finding) => say(inWords(finding)));
  say(values.json ? JSON.stringify(findings, undefined, 2) : summary(findings));
  return exitCode(findings);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.exitCode = await main(process.argv.slice(2), (line) => void process.stdout.write(`${line}\n`));
