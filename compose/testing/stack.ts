/** The compose files as Compose itself puts them together: tags, `extends`, and one file over another. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CollectionTag, parse, type ScalarTag, type YAMLMap, type YAMLSeq } from "yaml";

export const folder = join(import.meta.dirname, "..");
export const text = (name: string): string => readFileSync(join(folder, name), "utf8");
/** Every compose file of the folder. */
export const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

export interface Health {
  test: string[];
  start_period?: string;
}
export interface Port {
  target: number;
  published: string;
  host_ip: string;
}
export interface Service {
  image?: string;
  build?: { context: string; dockerfile?: string; args?: Record<string, string> };
  profiles?: string[];
  environment?: Record<string, string>;
  ports?: Port[];
  volumes?: string[];
  /** Their names, however they are written. */
  networks?: string[];
  /** Network → further names on it. */
  aliases?: Record<string, string[]>;
  secrets?: string[];
  tmpfs?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: Health;
  logging?: { driver: string; options: Record<string, string> };
  deploy?: { resources?: { reservations?: { devices?: unknown[] } } };
  extends?: { file: string; service: string };
  [name: string]: unknown;
}
export interface Stack {
  name?: string;
  services: Record<string, Service>;
  networks?: Record<string, { internal?: boolean } | null>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file: string }>;
}

/** What a tag does to the value below it. */
class Instead {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
const collections = (tag: string, made: (value: unknown) => unknown) =>
  (["seq", "map"] as const).map(
    (collection) => ({ tag, collection, resolve: (node: YAMLSeq | YAMLMap) => made(node.toJSON()) }) as unknown as CollectionTag,
  );
const customTags = [
  { tag: "!reset", resolve: () => new Instead(undefined) } as ScalarTag,
  ...collections("!reset", () => new Instead(undefined)),
  ...collections("!override", (value) => new Instead(value)),
];

type Raw = Record<string, unknown>;
const isMap = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
/** Of these the later one is taken whole. */
const whole = new Set(["command", "entrypoint", "test"]);

/** The part of a mount that may be there once: its place in the container. */
const place = (mount: unknown): string => String(mount).split(":")[1] ?? String(mount);

function merged(below: unknown, above: unknown, key: string): unknown {
  if (above instanceof Instead) return above.value;
  if (Array.isArray(below) && Array.isArray(above)) {
    if (whole.has(key)) return above;
    const kept = key === "volumes" ? below.filter((one) => !above.some((other) => place(other) === place(one))) : below;
    return [...new Set([...kept, ...above])];
  }
  if (!isMap(above)) return above === undefined || (above === null && isMap(below)) ? below : above;
  const result: Raw = isMap(below) ? { ...below } : {};
  for (const [name, value] of Object.entries(above)) {
    const next = merged(result[name], value, name);
    if (next === undefined) delete result[name];
    else result[name] = next;
  }
  return result;
}

const parsed = (name: string): Stack => parse(text(name), { merge: true, customTags, logLevel: "error" }) as Stack;

function extended(stack: Stack): Stack {
  const services = Object.entries(stack.services).map(([name, { extends: from, ...own }]) => {
    // tags stay for the file that this one may lie over
    return [name, from ? (merged(stackOf(from.file).services[from.service], own, name) as Service) : own];
  });
  return { ...stack, services: Object.fromEntries(services) };
}

type Joined = Record<string, { aliases?: string[] } | null>;

/** A list of networks, or a map with what is said of each, as one. */
function joined({ networks, ...service }: Service): Service {
  if (networks === undefined || Array.isArray(networks)) return { ...service, ...(networks ? { networks } : {}) };
  const named = Object.entries(networks as Joined).flatMap(([name, said]) => (said?.aliases?.length ? [[name, said.aliases]] : []));
  return { ...service, networks: Object.keys(networks), ...(named.length > 0 ? { aliases: Object.fromEntries(named) } : {}) };
}

/** Errors where a file is not YAML. */
export function stackOf(...names: string[]): Stack {
  const stack = names.reduce<Stack>((below, name) => merged(below, extended(parsed(name)), "") as Stack, { services: {} });
  return { ...stack, services: Object.fromEntries(Object.entries(stack.services).map(([name, service]) => [name, joined(service)])) };
}

/** Files that lie over compose.yaml, and never stand alone. */
export const overrides = ["compose.cpu.yaml", "compose.outside.yaml", "compose.stores.yaml", "storage-seaweedfs.yaml"];
/** What a person starts: the files of one command. */
export const commands: readonly { title: string; files: readonly string[] }[] = [
  ["compose.yaml"],
  ...overrides.map((name) => ["compose.yaml", name]),
  ["compose.yaml", "compose.stores.yaml", "storage-seaweedfs.yaml"],
  ["compose.workers.yaml"],
  ["compose.minimal.yaml"],
].map((names) => ({ title: names.join(" + "), files: names }));
export const profiles = ["chat", "gpu", "monitoring", "edge", "extras"];

export interface Use {
  name: string;
  operator: string;
  fallback: string;
}
/** Every `${NAME}`, `${NAME:-default}`, `${NAME:?words}`; a comment's and an escaped one do not count. */
export function variablesIn(name: string): Use[] {
  const source = text(name).replace(/^\s*#.*$/gm, "");
  return [...source.matchAll(/(?<!\$)\$\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}/g)].map(
    ([, variable = "", operator = "", fallback = ""]) => ({
      ...{ name: variable, operator, fallback },
    }),
  );
}
