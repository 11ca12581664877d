/** Who may import whom: violations planted in every folder are refused, and what is allowed is not. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const planted: [folder: string, source: string][] = [
  ["core", "../tools/index.ts"],
  ["core", "../config.ts"],
  ["core", "../config/settings.ts"],
  ["core", "pg"],
  ["core", "hono"],
  ["tools", "../platform/log.ts"],
  ["tools", "../workers/lane.ts"],
  ["tools", "bullmq"],
  ["agent", "../tools/index.ts"],
  ["agent", "../http/app.ts"],
  ["agent", "ioredis"],
  ["agent", "@modelcontextprotocol/server"],
  ["mcp-server", "../agent/agent.ts"],
  ["mcp-server", "../platform/postgres/open.ts"],
  ["mcp-server", "hono"],
  ["mcp-server", "@langchain/core/messages"],
  ["http", "../platform/metrics.ts"],
  ["http", "../mcp-server/http.ts"],
  ["http", "prom-client"],
  ["http", "@opentelemetry/api"],
  ["workers", "@opentelemetry/api"],
  ["core", "@opentelemetry/api"],
  ["platform", "@opentelemetry/sdk-trace-base"],
  ["http", "@modelcontextprotocol/server"],
  ["workers", "../platform/postgres/open.ts"],
  ["workers", "../agent/agent.ts"],
  ["workers", "drizzle-orm"],
  ["platform", "../workers/lane.ts"],
  ["platform", "../tools/index.ts"],
  ["platform", "@langchain/ollama"],
  ["platform", "hono"],
  ["cli", "../platform/log.ts"],
  ["cli", "../http/client.ts"],
  ["cli", "../server.ts"],
  ["workers/engines/comfyui", "../preview/preview.ts"],
  ["workers/engines/preview", "../comfyui/comfyui.ts"],
  ["workers/engines/cpu-upscale", "../comfyui/comfyui.ts"],
  ["workers/engines/gpu-host", "../dataset/dataset.ts"],
  ["workers/engines/dataset", "../gpu-host/gpu-host.ts"],
  ["workers/engines/a1111", "../comfyui/comfyui.ts"],
  ["workers/engines/gpt-sovits", "../gpu-host/gpu-host.ts"],
  ["workers/engines/sherpa", "../preview/preview.ts"],
  ["workers/engines/clips", "../comfyui/comfyui.ts"],
  ["workers", "../wire-engines.ts"],
];
const allowed: [folder: string, source: string][] = [
  ["core", "./failure.ts"],
  ["tools", "../core/tool.ts"],
  ["platform", "drizzle-orm"],
  ["platform", "bullmq"],
  ["platform/tracing", "@opentelemetry/api"],
  ["agent", "@langchain/langgraph"],
  ["mcp-server", "@modelcontextprotocol/server"],
  ["http", "hono"],
  ["workers/engines/preview", "../../../core/ports/engine.ts"],
];

let place: string;
let probes: Map<string, string>;
let report: string;

beforeAll(() => {
  // the rules go by path alone, so a copy of the configuration beside folders of the same names is enough
  place = mkdtempSync(join(tmpdir(), "spin-"));
  copyFileSync(join(root, "biome.json"), join(place, "biome.json"));
  probes = new Map(
    [...planted, ...allowed].map(([folder, source], index) => {
      mkdirSync(join(place, folder), { recursive: true });
      const file = join(folder, `probe-${index}.ts`);
      writeFileSync(join(place, file), `/** Planted. */\nimport * as planted from "${source}";\n\nexport default planted;\n`);
      return [`${folder} ← ${source}`, file];
    }),
  );
  const biome = join(root, "node_modules/.bin/biome");
  const run = spawnSync(biome, ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none", "."], {
    cwd: place,
    encoding: "utf8",
    maxBuffer: 50_000_000,
  });
  report = run.stdout;
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function complaints(file: string): string[] {
  const { diagnostics } = JSON.parse(report) as { diagnostics: { category: string; location: { path: string | { file: string } } }[] };
  return diagnostics.flatMap(({ category, location }) => {
    const path = typeof location.path === "string" ? location.path : location.path.file;
    return file.endsWith(path) || path.endsWith(file) ? [category] : [];
  });
}

describe("imports", () => {
  it.each(planted)("%s may not import %s", (folder, source) => {
    expect(complaints(probes.get(`${folder} ← ${source}`) ?? "")).toContain("lint/style/noRestrictedImports");
  });
  it.each(allowed)("%s may import %s", (folder, source) => {
    expect(complaints(probes.get(`${folder} ← ${source}`) ?? "")).not.toContain("lint/style/noRestrictedImports");
  });
});
