/** What is behind: pins are read from the files, tags compared within their form, and registries asked as they want to be, by a fake that is as strict. */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pinOf, pinsOf } from "./compose/behind-images.ts";
import { newerThan } from "./compose/behind-versions.ts";
import { main } from "./compose-behind.ts";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const folder = mkdtempSync(join(tmpdir(), "behind-"));
let server: Server;
let address = "";
const registry = {
  requests: [] as string[],
  tags: {} as Record<string, string[]>,
  digests: {} as Record<string, string>,
  page: 2,
  elsewhere: false,
};

beforeAll(async () => {
  mkdirSync(join(folder, "server"));
  writeFileSync(join(folder, "server/Dockerfile"), "ARG NODE_IMAGE=docker.io/library/node:20.20.2-slim\nFROM debian\n");
  writeFileSync(
    join(folder, "compose.yaml"),
    `x-db: &db\n  image: docker.io/library/postgres:16.14-alpine@${digest("a")}\nservices:\n  db: { <<: *db }\n  again: { <<: *db }\n  ours: { image: "myspinbot:0.1.0" }\n  chat: { image: "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z" }\n`,
  );
  // a registry that gives tags only for a token of its own, for that repository, in pages
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", address);
    registry.requests.push(`${request.method} ${url.pathname}`);
    if (url.pathname === "/token") {
      expect(url.searchParams.get("service")).toBe("fake");
      return void response.end(JSON.stringify({ token: `for ${url.searchParams.get("scope")}` }));
    }
    const [, repository = "", what = "", tag = ""] = /^\/v2\/(.*)\/(tags|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    if (request.headers.authorization !== `Bearer for repository:${repository}:pull`)
      return void response.writeHead(401, { "www-authenticate": `Bearer realm="${address}/token",service="fake"` }).end();
    if (what === "manifests") {
      expect(request.headers.accept).toContain("application/vnd.oci.image.index.v1+json");
      const found = registry.digests[`${repository}:${tag}`];
      return void response.writeHead(found ? 200 : 404, found ? { "docker-content-digest": found } : {}).end();
    }
    const tags = registry.tags[repository];
    if (!tags) return void response.writeHead(404).end("{}");
    const start = url.searchParams.has("last") ? tags.indexOf(url.searchParams.get("last") ?? "") + 1 : 0;
    const part = tags.slice(start, start + registry.page);
    const more = start + registry.page < tags.length;
    const next = `${registry.elsewhere ? "http://other.invalid" : ""}/v2/${repository}/tags/list?n=1000&last=${part.at(-1)}`;
    response.writeHead(200, more ? { link: `<${next}>; rel="next"` } : {}).end(JSON.stringify({ name: repository, tags: part }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  registry.requests = [];
  registry.elsewhere = false;
  registry.tags = {
    "library/postgres": ["16", "16-alpine", "16.13-alpine", "16.14-alpine", "latest"],
    "library/node": ["20.20.2-slim", "latest"],
    "minio/minio": ["RELEASE.2025-09-07T16-13-09Z", "latest"],
  };
  registry.digests = {
    "library/postgres:16.14-alpine": digest("a"),
    "library/node:20.20.2-slim": digest("b"),
    "minio/minio:RELEASE.2025-09-07T16-13-09Z": digest("c"),
  };
});
const run = async (...args: string[]) => {
  const lines: string[] = [];
  const hosts = ["docker.io", "quay.io"].flatMap((host) => ["--via", `${host}=${address}`]);
  return { code: await main(["--folder", folder, ...hosts, ...args], (line) => lines.push(line)), said: lines.join("\n") };
};

describe("pins", () => {
  it("are those of services and of base images, each once, with the files that name them; our own images are not among them", () => {
    expect(pinsOf(folder)).toEqual([
      { host: "docker.io", repository: "library/node", tag: "20.20.2-slim", files: ["server/Dockerfile"] },
      { host: "docker.io", repository: "library/postgres", tag: "16.14-alpine", digest: digest("a"), files: ["compose.yaml"] },
      { host: "quay.io", repository: "minio/minio", tag: "RELEASE.2025-09-07T16-13-09Z", files: ["compose.yaml"] },
    ]);
  });

  it("have a registry's host: a name without one is ours", () => {
    expect(pinOf("myspinbot-comfyui:0.3.64", "f")).toBe(undefined);
    expect(pinOf("nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0-4.8.3-distroless", "f")).toMatchObject({
      host: "nvcr.io",
      repository: "nvidia/k8s/dcgm-exporter",
    });
    expect(pinOf("localhost:5000/a/b:1", "f")).toMatchObject({ host: "localhost:5000", repository: "a/b", tag: "1" });
  });

  it("are found in the stack of this repository", () => {
    const names = pinsOf(join(import.meta.dirname, "../compose")).map(({ host, repository }) => `${host}/${repository}`);
    expect(names).toEqual(expect.arrayContaining(["docker.io/library/node", "docker.io/library/postgres", "docker.io/prom/prometheus"]));
  });
});

describe("newer", () => {
  it.each([
    [
      "16.14-alpine",
      ["16.13-alpine", "16.15-alpine", "16.9-alpine", "16.16", "16.15-alpine3.22", "17beta1-alpine"],
      { within: "16.15-alpine" },
    ],
    ["16.14-alpine", ["18.4-alpine", "17.9-alpine"], { major: "18.4-alpine" }],
    ["v3.15.0", ["v3.9.1", "v3.16.0-rc.1", "v3.15.1", "v4.0.0"], { within: "v3.15.1", major: "v4.0.0" }],
    [
      "RELEASE.2025-09-07T16-13-09Z",
      ["RELEASE.2026-01-01T00-00-00Z", "RELEASE.2025-09-07T16-13-09Z.fips", "RELEASE.2025-09-06T17-38-46Z"],
      { within: "RELEASE.2026-01-01T00-00-00Z" },
    ],
    ["4.6.0-4.8.3-distroless", ["4.6.0-4.8.4-distroless", "4.6.0-4.8.4-ubuntu22.04"], { within: "4.6.0-4.8.4-distroless" }],
    ["v1.9.0", ["v1.9.0", "v1.8.0", "latest", "nightly", "sha-1234"], {}],
  ])("than %s, among others, is found within the same form", (tag, tags, newer) => {
    expect(newerThan(tag, tags)).toEqual(newer);
  });
});

describe("compose:behind", () => {
  it("says that all is the newest, by every page of the tags, with a token for each repository", async () => {
    const { code, said } = await run();
    expect(said).toMatch(/postgres:16\.14-alpine: newest/);
    expect([code, said]).toEqual([0, expect.stringContaining("0 of 3 images are behind")]);
    expect(registry.requests.filter((each) => each === "GET /v2/library/postgres/tags/list")).toHaveLength(4);
    expect(registry.requests.filter((each) => each === "GET /token")).toHaveLength(3);
  });

  it("names what is behind, and a new major version beside it, and ends with 1", async () => {
    registry.tags["library/postgres"]?.push("16.15-alpine", "18.4-alpine");
    const { code, said } = await run();
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(
        /^- {2}docker\.io\/library\/postgres:16\.14-alpine: behind, 16\.15-alpine is there; 18\.4-alpine is a new major version {2}\(compose\.yaml\)$/m,
      ),
    ]);
    expect(said).toContain("1 of 3 images are behind, 1 have a new major version");
  });

  it("is not behind for a new major version alone", async () => {
    registry.tags["library/node"]?.push("24.1.0-slim");
    expect(await run()).toMatchObject({ code: 0, said: expect.stringContaining("24.1.0-slim is a new major version") });
  });

  it("tells the digest of a pin without one, and that a pinned tag was built again", async () => {
    registry.digests["library/postgres:16.14-alpine"] = digest("d");
    const { code, said } = await run();
    expect([code, said]).toEqual([1, expect.stringContaining(`was built again, now @${digest("d")}`)]);
    expect(said).toContain(`node:20.20.2-slim: has no digest here, it is @${digest("b")}`);
  });

  it("tells a tag that is gone", async () => {
    registry.tags["minio/minio"] = ["latest"];
    expect(await run()).toMatchObject({ code: 1, said: expect.stringContaining("no such tag any more") });
  });

  it("says what could not be asked, and goes on with the rest", async () => {
    delete registry.tags["minio/minio"];
    expect(await run()).toMatchObject({
      code: 2,
      said: expect.stringMatching(
        /minio.*could not be asked, it does not know this image[\s\S]*0 of 2 images are behind, 1 could not be asked/,
      ),
    });
  });

  it("follows no next page to another host, which would get the token", async () => {
    registry.elsewhere = true;
    expect((await run()).said).not.toContain("other.invalid");
  });

  it("says plainly that there is no internet", async () => {
    const lines: string[] = [];
    // port 9 of this machine: nothing listens there
    const nowhere = ["docker.io", "quay.io"].flatMap((host) => ["--via", `${host}=http://127.0.0.1:9`]);
    expect(await main(["--folder", folder, ...nowhere], (line) => lines.push(line))).toBe(2);
    expect(lines.at(-1)).toMatch(/^No registry could be asked, so nothing was compared\. This needs the internet/);
  });

  it("gives JSON on demand, and refuses what it does not know", async () => {
    expect(JSON.parse((await run("--json")).said)).toHaveLength(3);
    expect(await run("--what")).toMatchObject({ code: 2, said: expect.stringContaining("npm run compose:behind") });
    expect(await run("--via", "mirror")).toMatchObject({ code: 2, said: expect.stringContaining("HOST=ADDRESS") });
  });
});
