/** The compose files as far as a check needs them: merged in their order, variables filled in, services of the chosen profiles. */
import { type CollectionTag, parse, type ScalarTag, type YAMLMap, type YAMLSeq } from "yaml";

export interface Port {
  service: string;
  host: string;
  port: number;
}

export interface Bind {
  service: string;
  /** As written: relative to the folder of the first file. */
  source: string;
  target: string;
  readOnly: boolean;
  /** `uid` that the service runs as, where it is written. */
  uid?: number;
}

export interface Model {
  project: string;
  /** Service → image, of every profile. */
  images: Record<string, string>;
  /** Service → secrets it is given, of every profile. */
  secretsOf: Record<string, string[]>;
  /** Secret → file, relative to the folder of the first file. */
  secretFiles: Record<string, string>;
  /** Services that start with the chosen profiles; everything below is theirs. */
  active: string[];
  ports: Port[];
  binds: Bind[];
  /** Services that ask for an NVIDIA card. */
  onCard: string[];
  /** `${NAME:?words}` that are not set, each with its words. */
  unset: Record<string, string>;
}

type Raw = { [key: string]: unknown };
const record = (value: unknown): Raw => (value && typeof value === "object" && !Array.isArray(value) ? (value as Raw) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const reset = Symbol("reset");
class Override {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
const tag = (name: string, made: (value: unknown) => unknown): (ScalarTag | CollectionTag)[] => [
  { tag: name, resolve: (text: string) => made(text === "null" ? null : text) } as ScalarTag,
  ...(["seq", "map"] as const).map(
    (collection) => ({ tag: name, collection, resolve: (node: YAMLSeq | YAMLMap) => made(node.toJSON()) }) as unknown as CollectionTag,
  ),
];
const customTags = [...tag("!reset", () => reset), ...tag("!override", (value) => new Override(value))];

/** As Compose does: maps by key, lists one behind the other. */
function merged(below: unknown, above: unknown): unknown {
  if (above === reset) return undefined;
  if (above instanceof Override) return above.value;
  if (Array.isArray(below) && Array.isArray(above)) return [...below, ...above];
  if (above && typeof above === "object" && !Array.isArray(above)) {
    const result: Raw = { ...record(below) };
    for (const [key, value] of Object.entries(above)) result[key] = merged(result[key], value);
    return result;
  }
  return above ?? below;
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?words}`, `${NAME:+other}`, one level deep, and `$$`. */
function filled(value: unknown, env: Record<string, string>, unset: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, env, unset));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, env, unset)]));
  if (typeof value !== "string") return value;
  return value.replace(/\$\$|\$(?:\{([A-Za-z_]\w*)(?:(:?[-?+])([^{}]*))?\}|([A-Za-z_]\w*))/g, (_, braced, how = "", words = "", bare) => {
    const name: string | undefined = braced ?? bare;
    if (name === undefined) return "$";
    const given = env[name];
    const set = given !== undefined && (given !== "" || !how.startsWith(":"));
    if (how.endsWith("+")) return set ? words : "";
    if (set) return given;
    if (how.endsWith("?")) unset[name] = words;
    return how.endsWith("-") ? words : "";
  });
}

function portsOf(service: string, entries: unknown): Port[] {
  return list(entries).flatMap((entry) => {
    const long = record(entry);
    const short = typeof entry === "string" ? /^(?:(\[[^\]]+\]|[\d.]+):)?(\d+):\d+(?:\/(?:tcp|udp))?$/.exec(entry) : null;
    const port = Number(short ? short[2] : long["published"]);
    const udp = String(entry).endsWith("/udp") || long["protocol"] === "udp";
    const host = String((short ? short[1] : long["host_ip"]) || "0.0.0.0").replace(/^\[|\]$/g, "");
    return Number.isInteger(port) && port > 0 && !udp ? [{ service, host, port }] : [];
  });
}

interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
}
function mountsOf(entries: unknown): Mount[] {
  return list(entries).flatMap((entry) => {
    if (typeof entry === "string") {
      const [source = "", target = "", mode = ""] = entry.split(":");
      return target ? [{ source, target, readOnly: mode.split(",").includes("ro") }] : [];
    }
    const { source, target, read_only: readOnly } = record(entry);
    return typeof source === "string" ? [{ source, target: String(target), readOnly: readOnly === true }] : [];
  });
}

/** By its ending a file: the engine makes a folder of that name where it is missing. */
export const looksLikeFile = (path: string): boolean => /\.[a-z0-9]{1,6}$/i.test(path);
/** The user of the images that are built here. */
const ownUser = 1000;
const isPath = (source: string) => /^[./~]/.test(source);
const wantsCard = (service: Raw): boolean =>
  Boolean(service["gpus"]) ||
  service["runtime"] === "nvidia" ||
  list(record(record(record(service["deploy"])["resources"])["reservations"])["devices"]).some((one) => {
    const { driver, capabilities } = record(one);
    return driver === "nvidia" || list(capabilities).includes("gpu");
  });

/** @param texts the files, the first one first. */
export function readModel(texts: readonly string[], env: Record<string, string>, chosen: readonly string[]): Model {
  const unset: Record<string, string> = {};
  const raw = texts.map((text) => parse(text, { customTags, merge: true, logLevel: "error" }) as unknown).reduce(merged, {});
  const top = record(raw);
  const all = Object.entries(record(top["services"])).map(([name, service]) => [name, record(service)] as const);
  const starts = all.filter(
    ([, { profiles }]) => list(profiles).length === 0 || list(profiles).some((one) => chosen.includes(String(one))),
  );
  const active = starts.map(([name, service]) => [name, record(filled(service, env, unset))] as const);
  const text = (value: unknown) => String(filled(value, env, {}));
  return {
    project: text(top["name"] ?? "myspinbot"),
    images: Object.fromEntries(all.flatMap(([name, { image }]) => (typeof image === "string" ? [[name, text(image)]] : []))),
    secretsOf: Object.fromEntries(
      all.map(([name, { secrets }]) => [name, list(secrets).map((one) => String(typeof one === "string" ? one : record(one)["source"]))]),
    ),
    secretFiles: Object.fromEntries(
      Object.entries(record(top["secrets"])).flatMap(([name, one]) => (record(one)["file"] ? [[name, text(record(one)["file"])]] : [])),
    ),
    active: active.map(([name]) => name),
    ports: active.flatMap(([name, { ports }]) => portsOf(name, ports)),
    binds: active.flatMap(([name, { volumes, user, image }]) => {
      const written = /^\d+/.exec(String(user ?? ""))?.[0];
      const uid = written !== undefined ? Number(written) : /^myspinbot\b/.test(String(image)) ? ownUser : undefined;
      // of two for one place the later file's counts
      const mounts = [...new Map(mountsOf(volumes).map((mount) => [mount.target, mount])).values()];
      return mounts
        .filter(({ source }) => isPath(source))
        .map((mount) => ({ service: name, ...mount, ...(uid === undefined ? {} : { uid }) }));
    }),
    onCard: active.filter(([, service]) => wantsCard(service)).map(([name]) => name),
    unset,
  };
}
