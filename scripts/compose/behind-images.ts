/** Which images the compose files and Dockerfiles pin. Ours, which are in no registry, are not among them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export interface Pin {
  /** Registry's host, `docker.io` for Docker Hub. */
  host: string;
  /** `library/postgres`. */
  repository: string;
  tag: string;
  /** `sha256:…`, where the pin has one. */
  digest?: string;
  /** Files that name it, relative to the folder. */
  files: string[];
}

const form = /^(?:((?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?)\/)?([\w./-]+):([\w.-]+)(?:@(sha256:[0-9a-f]{64}))?$/;

/** An image's name in parts; undefined for what has no registry: our own. Docker Hub's must be written out (`docker.io/library/…`). */
export function pinOf(image: string, file: string): Pin | undefined {
  const [, host, repository = "", tag = "", digest] = form.exec(image) ?? [];
  return host ? { host, repository, tag, ...(digest ? { digest } : {}), files: [file] } : undefined;
}

/** `${NAME:-default}` as Compose reads it where nothing is set. */
const defaults = (text: string) => text.replace(/\$\{\w+:?-([^}]*)\}/g, "$1");

function imagesOf(file: string, text: string): string[] {
  if (!file.endsWith(".yaml")) return [...text.matchAll(/^ARG \w+_IMAGE=(\S+)/gm)].map((found) => found[1] ?? "");
  const { services = {} } = parse(text, { merge: true, logLevel: "error" }) as { services?: Record<string, { image?: string } | null> };
  return Object.values(services).flatMap((service) => service?.image ?? []);
}

/** @param folder that of the compose files. Each image once, by host and repository. */
export function pinsOf(folder: string): Pin[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => /^[^/]+\.yaml$/.test(name) || /^[^/]+\/Dockerfile$/.test(name),
  );
  const pins = new Map<string, Pin>();
  for (const file of names.sort())
    for (const image of imagesOf(file, readFileSync(join(folder, file), "utf8")).map(defaults)) {
      const pin = pinOf(image, file);
      if (!pin) continue;
      const known = pins.get(`${pin.host}/${pin.repository}:${pin.tag}`);
      if (known) known.files = [...new Set([...known.files, file])];
      else pins.set(`${pin.host}/${pin.repository}:${pin.tag}`, pin);
    }
  return [...pins.values()].sort((a, b) => `${a.host}/${a.repository}`.localeCompare(`${b.host}/${b.repository}`));
}
