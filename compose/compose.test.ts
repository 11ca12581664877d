/** The compose files as text: pinned, every variable explained, nothing open that need not be. No engine is asked. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settingNames } from "../config/settings.ts";
import { leanHeap } from "../place.ts";

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  ports?: { target: number; published: string; host_ip: string }[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  logging?: { options: Record<string, string> };
  [name: string]: unknown;
}
interface Compose {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
}

const here = import.meta.dirname;
const text = (name: string) => readFileSync(join(here, name), "utf8");
const { version } = JSON.parse(readFileSync(join(here, "../package.json"), "utf8")) as { version: string };
const files = readdirSync(here).filter((name) => name.endsWith(".yaml"));
const explained = new Set([...text(".env.example").matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map((found) => found[1] ?? ""));
/** `${NAME}`, `${NAME:-default}`, `${NAME:?words}`; a comment's do not count. */
const variables = (source: string) =>
  [...source.replace(/^\s*#.*$/gm, "").matchAll(/\$\{([A-Z][A-Z0-9_]*)(:?[-?])?/g)].map((found) => ({
    name: found[1] ?? "",
    how: found[2] ?? "",
  }));

it("there is one to look at", () => {
  expect(files).toContain("compose.minimal.yaml");
});

describe.each(files)("%s", (file) => {
  const compose = parse(text(file)) as Compose;
  const services = Object.entries(compose.services);

  it("names every image with its version, and never latest", () => {
    for (const [name, { image = "" }] of services)
      expect([name, image]).toEqual([name, expect.stringMatching(/^[\w./-]+:(?!latest)\w*\d[\w.-]*$/)]);
  });

  it("explains every variable in .env.example, and has a default or asks for it", () => {
    for (const { name, how } of variables(text(file)))
      expect([name, explained.has(name), how]).toEqual([name, true, expect.stringMatching(/^:[-?]$/)]);
  });

  it("publishes no port twice, each on an address that is chosen", () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    for (const port of published) expect(port.host_ip).toMatch(/\S/);
    expect(new Set(published.map((port) => port.published)).size).toBe(published.length);
  });

  it("keeps data in named volumes that it declares", () => {
    const mounted = services
      .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0] ?? ""))
      .filter((name) => !/^[./]/.test(name));
    expect(Object.keys(compose.volumes ?? {})).toEqual(expect.arrayContaining(mounted));
  });

  it("bounds memory, processes and logs, and looks whether each service is well", () => {
    for (const [name, service] of services) {
      for (const limit of ["mem_limit", "pids_limit", "restart"]) expect([name, limit, service[limit]]).not.toContain(undefined);
      expect([name, service.logging?.options]).toEqual([
        name,
        expect.objectContaining({ "max-size": expect.anything(), "max-file": expect.anything() }),
      ]);
      expect([name, service.healthcheck?.test[0]]).toEqual([name, expect.stringMatching(/^CMD/)]);
    }
  });
});

describe("compose.minimal.yaml", () => {
  const { myspinbot } = (parse(text("compose.minimal.yaml")) as Compose).services;

  it("is our server alone, of this version, and gets the host's programs by name", () => {
    expect(Object.keys((parse(text("compose.minimal.yaml")) as Compose).services)).toEqual(["myspinbot"]);
    expect(myspinbot).toMatchObject({
      ...{ image: `myspinbot:${version}`, extra_hosts: ["host.docker.internal:host-gateway"], volumes: ["data:/data"] },
      ...{ read_only: true, init: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] },
    });
    expect(myspinbot?.environment?.["MYSPINBOT_ALLOWED_HOSTS"]).toContain("host.docker.internal");
    expect(myspinbot?.environment).toMatchObject({ COMFYUI_URL: expect.anything(), OLLAMA_URL: expect.anything() });
  });

  it("asks for a key, so that none is made and printed into the container's log", () => {
    expect(myspinbot?.environment?.["MYSPINBOT_KEY"]).toMatch(/^\$\{MYSPINBOT_KEY:\?/);
  });

  it("sets only what the program knows", () => {
    expect(settingNames).toEqual(expect.arrayContaining(Object.keys(myspinbot?.environment ?? {})));
  });

  it("has an image that is pinned, built without root's help at run time, and stops by the signal itself", () => {
    const dockerfile = readFileSync(join(here, "server/Dockerfile"), "utf8");
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=\S+:\d+\.\d+\.\d+-\w+-slim$/m);
    expect(dockerfile.match(/^FROM .*$/gm)?.every((line) => /^FROM \$\{NODE_IMAGE\}/.test(line))).toBe(true);
    expect(dockerfile.match(/^USER .*$/gm)).toEqual(["USER 1000:1000"]);
    // a shell in between would keep SIGTERM to itself
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", /m);
    // the installed command, the container and what `chat` starts keep the same small heap
    const flags = /^#!\/usr\/bin\/env -S node (.*)$/m.exec(readFileSync(join(here, "../main.ts"), "utf8"))?.[1]?.split(" ");
    expect(flags).toEqual([...leanHeap]);
    expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(["node", ...leanHeap, "/app/dist/main.js"]).replaceAll(",", ", ")}`);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });

  it("keeps secrets and what the build does not need out of the image's context", () => {
    const ignored = readFileSync(join(here, "../.dockerignore"), "utf8").split("\n");
    for (const name of [".git", "**/.env", "node_modules", "dist"]) expect(ignored).toContain(name);
  });
});
