/** Completes package-lock.json with the optional packages of other platforms that npm leaves out, so that `npm ci` works on every one. Run after `npm install`. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const systems = {
  android: "android",
  darwin: "darwin",
  linux: "linux",
  win32: "win32",
  windows: "win32",
  freebsd: "freebsd",
  openbsd: "openbsd",
  netbsd: "netbsd",
  sunos: "sunos",
  aix: "aix",
  openharmony: "openharmony",
};
const processors = {
  arm64: "arm64",
  x64: "x64",
  arm: "arm",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  loong64: "loong64",
  mips64el: "mips64el",
  wasm32: "wasm32",
};
const libraries = { musl: "musl", musleabihf: "musl", gnu: "glibc", gnueabihf: "glibc" };

/** Where node looks for `name` from the package at `from`: nearest first. */
export function places(from, name) {
  const found = [];
  for (let at = from; ; at = at.includes("/node_modules/") ? at.slice(0, at.lastIndexOf("/node_modules/")) : "") {
    found.push(`${at ? `${at}/` : ""}node_modules/${name}`);
    if (!at) return found;
  }
}

/** The platform that a package's name states, such as `@scope/binding-linux-arm64-musl`. */
export function platformOf(name) {
  const words = name.split(/[-/@]/);
  const pick = (table) => [...new Set(words.flatMap((word) => table[word] ?? []))];
  const found = { cpu: pick(processors), os: pick(systems), libc: pick(libraries) };
  return Object.fromEntries(Object.entries(found).filter(([, values]) => values.length > 0));
}

/** Optional packages with an exact version that the lock names but has no entry for. */
export function missing(lock) {
  return Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, version]) => {
        const place = places(from, name).find((path) => lock.packages[path]);
        return !place || (/^\d/.test(version) && lock.packages[place].version !== version);
      })
      .map(([name, version]) => ({ from, name, version })),
  );
}

/** @param published what a registry knows of `name@version` (`os`, `cpu`, `libc`, `integrity`), or undefined. */
export function complete(lock, published) {
  for (let found = missing(lock); found.length > 0; found = missing(lock))
    for (const { from, name, version } of found) {
      const known = published(name, version);
      const platform = { ...platformOf(name), ...known };
      if (!platform.os && !platform.cpu) throw new Error(`${name}: neither its name nor the registry tells for which platform it is`);
      const parent = lock.packages[from];
      const path = lock.packages[`node_modules/${name}`] ? `${from}/node_modules/${name}` : `node_modules/${name}`;
      lock.packages[path] = {
        version,
        ...(platform.integrity ? { integrity: platform.integrity } : {}),
        ...(platform.cpu ? { cpu: platform.cpu } : {}),
        ...(parent.dev ? { dev: true } : {}),
        ...(platform.libc ? { libc: platform.libc } : {}),
        optional: true,
        ...(platform.os ? { os: platform.os } : {}),
        ...(parent.peer ? { peer: true } : {}),
      };
    }
  for (const entry of Object.values(lock.packages)) if (/^https?:/.test(entry.resolved ?? "")) delete entry.resolved;
  const { "": root, ...rest } = lock.packages;
  lock.packages = { "": root, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, "en"))) };
  return lock;
}

function fromRegistry(name, version) {
  try {
    const text = execFileSync("npm", ["view", `${name}@${version}`, "os", "cpu", "libc", "dist.integrity", "--json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { "dist.integrity": integrity, ...platform } = JSON.parse(text);
    return { ...platform, ...(integrity ? { integrity } : {}) };
  } catch {
    return undefined;
  }
}

if (process.argv[1] === import.meta.filename) {
  const file = new URL("../package-lock.json", import.meta.url);
  const before = readFileSync(file, "utf8");
  const after = `${JSON.stringify(complete(JSON.parse(before), fromRegistry), null, 2)}\n`;
  if (after !== before) writeFileSync(file, after);
  process.stdout.write(
    `${Object.keys(JSON.parse(after).packages).length - Object.keys(JSON.parse(before).packages).length} entries added\n`,
  );
}
