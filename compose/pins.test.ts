/** Images: every one at one version, ours at this one, and nothing that a name could come to mean tomorrow. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import about from "../package.json" with { type: "json" };
import { commands, folder, overrides, stackOf } from "./testing/stack.ts";

const { version } = about;

const all = [...new Set(["compose.yaml", ...overrides])];
const images = Object.entries(stackOf(...all).services).flatMap(([name, { image = "" }]) => [{ name, image }]);
const whole = stackOf("compose.yaml").services;
const dockerfile = (name: string) => readFileSync(join(folder, name, "Dockerfile"), "utf8");

describe.each(commands)("$title", ({ files }) => {
  const services = Object.entries(stackOf(...files).services);

  it("names every image with its version, and never latest", () => {
    for (const [name, { image = "" }] of services)
      expect([name, image]).toEqual([name, expect.stringMatching(/^[\w./-]+:(?!latest)[\w.-]*\d[\w.-]*(@sha256:[0-9a-f]{64})?$/)]);
  });

  it("says from which registry each image comes, but for ours, which are built", () => {
    for (const [name, { image = "", build, pull_policy }] of services)
      if (image.startsWith("myspinbot")) expect([name, build !== undefined, pull_policy]).toEqual([name, true, "build"]);
      else expect([name, image, build]).toEqual([name, expect.stringMatching(/^(docker\.io|quay\.io|ghcr\.io|nvcr\.io)\//), undefined]);
  });
});

describe("compose.yaml", () => {
  it("takes one image at one version", () => {
    const tags = new Map<string, string>();
    for (const { image } of images) {
      const [repository = ""] = image.split(/:(?=[^/]+$)/);
      expect([repository, tags.get(repository) ?? image]).toEqual([repository, image]);
      tags.set(repository, image);
    }
  });

  it("takes MinIO from quay.io, where it still is", () => {
    expect(whole["minio"]?.image).toMatch(/^quay\.io\/minio\/minio:RELEASE\.\d{4}-\d\d-\d\dT/);
    expect(images.filter(({ image }) => /minio/.test(image) && !image.startsWith("quay.io/"))).toEqual([]);
  });

  it("takes PostgreSQL 16, Redis 7.2, Prometheus 3 and Grafana of 11 or newer", () => {
    expect(whole["postgres"]?.image).toMatch(/\/postgres:16\.\d+/);
    expect(whole["redis"]?.image).toMatch(/\/redis:7\.2\.\d+/);
    expect(whole["prometheus"]?.image).toMatch(/\/prometheus:v3\./);
    expect(Number(/grafana:(\d+)\./.exec(whole["grafana"]?.image ?? "")?.[1])).toBeGreaterThanOrEqual(11);
  });

  it("has its stores by digest: what they keep must not be opened by another build", () => {
    for (const name of ["postgres", "redis", "minio"]) expect(whole[name]?.image).toMatch(/@sha256:/);
  });

  it("builds ours at the version of the package, and ComfyUI's at ComfyUI's", () => {
    for (const name of ["server", "worker", "backup", "open-webui-setup", "edge-auth"])
      expect(whole[name]?.image).toBe(`myspinbot:${version}`);
    expect(whole["gpu-host"]?.image).toBe(`myspinbot-gpu-host:${version}`);
    const comfyui = whole["comfyui"]?.image?.split(":")[1] ?? "";
    expect(dockerfile("comfyui")).toContain(`# ${comfyui}\nARG COMFYUI_COMMIT=`);
  });
});

describe.each(["server", "gpu-host", "comfyui"])("the image of %s", (name) => {
  const source = dockerfile(name);

  it("stands on one base that a build argument can replace, at an exact version", () => {
    const [, base] = /^ARG ((?:NODE|PYTHON)_IMAGE)=docker\.io\/library\/(?:node|python):\d+\.\d+\.\d+-[\w-]+$/m.exec(source) ?? [];
    expect(base).toBeDefined();
    expect(source.match(/^FROM .*$/gm)?.every((line) => line.startsWith(`FROM \${${base}}`))).toBe(true);
  });

  it("has the default that compose hands on", () => {
    const built = Object.values(whole).filter(({ build }) => build && (build.dockerfile?.includes(`/${name}/`) || build.context === name));
    expect(built.length).toBeGreaterThan(0);
    for (const { build } of built)
      for (const [argument, value] of Object.entries(build?.args ?? {}))
        expect(source).toContain(`ARG ${argument}=${/^\$\{\w+:-(.+)\}$/.exec(value)?.[1]}\n`);
  });

  it("is built in stages, and runs as nobody in particular", () => {
    expect(source.match(/^FROM .* AS /gm)?.length).toBeGreaterThanOrEqual(2);
    expect(source.match(/^USER .*$/gm)).toEqual(["USER 1000:1000"]);
    expect(source).toMatch(/^HEALTHCHECK /m);
  });

  it("takes what it gets from a repository by its commit, and looks that it is that", () => {
    for (const [, variable = ""] of source.matchAll(/^ARG (\w+_COMMIT)=/gm)) {
      expect(source).toMatch(new RegExp(`^ARG ${variable}=[0-9a-f]{40}$`, "m"));
      expect(source).toMatch(new RegExp(`test "\\$\\(git rev-parse HEAD\\)" = "\\$${variable}"`));
    }
    expect(source).not.toMatch(/\bcurl\b|\bwget\b|git clone/);
  });
});

describe("Python packages", () => {
  it("of ComfyUI have exact versions, and the torch that the trainer has", () => {
    const lines = readFileSync(join(folder, "comfyui/requirements.txt"), "utf8")
      .split("\n")
      .filter((line) => line && !line.startsWith("#"));
    for (const line of lines) expect(line).toMatch(/^[\w.-]+==[\w.+]+$/);
    const trainer = readFileSync(join(folder, "../workers/gpu-host/requirements-train.txt"), "utf8");
    for (const name of ["torch", "torchvision"]) expect(trainer).toContain(lines.find((line) => line.startsWith(`${name}==`)));
  });
});
