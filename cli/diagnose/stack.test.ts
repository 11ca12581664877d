/** In the stack a person is told profiles and services, not programs to start by hand; outside it, nothing of compose. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startFakeOllama } from "../../agent/testing/fake-ollama.ts";
import { readConfig } from "../../config.ts";
import { standaloneStatus } from "../../standalone.ts";
import { findingsOf } from "../../wire-health.ts";
import { processRow } from "./process.ts";
import { foreignEngine, type Stack, stackOf } from "./stack.ts";

const first: Stack = { file: "compose/compose.yaml", further: false };
const further: Stack = { file: "compose/compose.workers.yaml", further: true };
const nobody = "http://127.0.0.1:9";
const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function rowOf(part: string, env: Record<string, string>, stack?: Stack) {
  const config = readConfig({ COMFYUI_URL: nobody, OLLAMA_URL: nobody, ...env });
  const unset = (one: { url: string; configured: boolean }, name: string) => (env[name] ? one : { ...one, url: nobody, configured: false });
  const found = {
    ...config,
    comfyui: { ...config.comfyui, ...unset(config.comfyui, "COMFYUI_URL") },
    gpuHost: { ...config.gpuHost, ...unset(config.gpuHost, "GPU_HOST_URL") },
    ollama: { ...config.ollama, ...unset(config.ollama, "OLLAMA_URL") },
  };
  return (await standaloneStatus(found, "1", true, stack)).rows.find((row) => row.part === part);
}
async function ready(status: number, body: object): Promise<number> {
  const server: Server = createServer((request, response) =>
    response.writeHead(request.url === "/readyz" ? status : 404, { connection: "close" }).end(JSON.stringify(body)),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

describe("the stack", () => {
  it("is known by what its files set, also where no profile is chosen; a further machine by its own file", () => {
    expect(stackOf({})).toBeUndefined();
    expect(stackOf({ STACK_PROFILES: "" })).toEqual(first);
    expect(stackOf({ STACK_FILE: "compose/compose.workers.yaml" })).toEqual(further);
  });
});

describe("an engine", () => {
  it.each([
    ["ComfyUI", "gpu"],
    ["gpu-host", "gpu"],
    ["Chat model", "chat"],
  ])("that nobody chose is brought by its profile: %s by %s", async (part, profile) => {
    const row = await rowOf(part, {}, first);
    expect(row?.state).toBe("absent");
    expect(row?.fix).toMatch(
      new RegExp(`^Add ${profile} to COMPOSE_PROFILES in compose/\\.env.*docker compose -f compose/compose\\.yaml up -d$`),
    );
    expect(row?.fix).not.toMatch(/host\.docker\.internal|ollama serve/);
  });

  it("of the stack that does not answer is started again by its service, with its log", async () => {
    const row = await rowOf("ComfyUI", { COMFYUI_URL: "http://comfyui:8188" }, further);
    expect(row?.state).toBe("down");
    expect(row?.fix).toBe(
      "docker compose -f compose/compose.workers.yaml up -d comfyui; why it stopped: docker compose -f compose/compose.workers.yaml logs --tail 50 comfyui",
    );
  });

  it("that runs elsewhere keeps its own remedy, and the file that lets the worker out is named where it is needed", async () => {
    const outside = await rowOf("ComfyUI", { COMFYUI_URL: "http://gpu.invalid:8188" }, first);
    expect(outside?.fix).toMatch(/^Correct COMFYUI_URL.*compose\.outside\.yaml/);
    expect((await rowOf("ComfyUI", { COMFYUI_URL: "http://gpu.invalid:8188" }, further))?.fix).not.toContain("compose.outside.yaml");
  });

  it("that the stack has no service for names only settings that reach its containers", () => {
    const row = { part: "x", state: "absent", what: "not found", fix: "MYSPINBOT_SHERPA_MODELS" } as const;
    for (const id of ["a1111", "gpt-sovits", "sherpa"]) {
      expect(foreignEngine(first, id, row).fix).toMatch(/(A1111|GPT_SOVITS)_URL in compose\/\.env/);
      expect(foreignEngine(first, id, row).fix).not.toContain("SHERPA");
      expect(foreignEngine(undefined, id, row)).toBe(row);
    }
  });

  it("without a model of its own stack is told a pull in its container; an Ollama elsewhere, a plain one", async () => {
    const ollama = await startFakeOllama({ models: [] });
    open.push(ollama);
    expect((await rowOf("Chat model", { OLLAMA_URL: ollama.url, OLLAMA_MODEL: "qwen3:4b" }, first))?.fix).toBe("ollama pull qwen3:4b");
    const { pullFix } = await import("./stack.ts");
    const row = { part: "Chat model", state: "down", what: "", fix: "ollama pull qwen3:4b" } as const;
    expect(pullFix(first, row, "http://ollama:11434").fix).toBe("docker compose -f compose/compose.yaml exec ollama ollama pull qwen3:4b");
  });
});

describe("a store that does not answer", () => {
  const redis = { REDIS_URL: "redis://:sesame@redis.invalid:6379" };

  it("is told with its address and what brings it back, and never sends to doctor or shows a password", async () => {
    const plain = await rowOf("Queue", redis);
    expect(plain).toEqual({
      ...{ part: "Queue", state: "down", what: "Redis at redis.invalid:6379 does not answer" },
      fix: "Start Redis at redis.invalid:6379, or correct REDIS_URL",
    });
    expect((await rowOf("Queue", redis, first))?.fix).toBe(
      "docker compose -f compose/compose.yaml up -d redis; why it stopped: docker compose -f compose/compose.yaml logs --tail 50 redis",
    );
    const database = await rowOf("Database", { DATABASE_URL: "postgresql://u:sesame@127.0.0.1:1/x" });
    expect(database?.what).toBe("PostgreSQL at 127.0.0.1:1 does not answer");
    expect(JSON.stringify([plain, database])).not.toMatch(/doctor|sesame/);
  });

  it("is brought back on the first machine, where a further one asks", async () => {
    expect((await rowOf("Queue", redis, further))?.fix).toMatch(
      /^On the first machine: docker compose -f compose\/compose\.yaml up -d redis/,
    );
  });
});

describe("the process itself", () => {
  it("a studio that does not run is started by its command, or by its service", async () => {
    expect((await processRow({ roles: { http: true } }))?.fix).toBe("myspinbot start");
    expect((await processRow({ roles: { http: true } }, first))?.fix).toContain("up -d server");
  });

  it("a worker serves no studio: it is asked whether it takes work, and left out where nobody can ask", async () => {
    const roles = { http: false };
    const at = (port: number) => processRow({ roles, metrics: { host: "0.0.0.0", port } }, first);
    expect(await at(await ready(200, {}))).toEqual({ part: "Worker", state: "ok", what: "runs, and takes work" });
    expect(await at(await ready(503, { error: { code: "database_unavailable", message: "No database." } }))).toMatchObject({
      ...{ part: "Worker", state: "down", what: "runs, and takes no work: No database." },
    });
    expect(await at(9)).toMatchObject({ part: "Worker", state: "absent", fix: expect.stringContaining("up -d worker") });
    expect(await processRow({ roles })).toBeUndefined();
    expect(await processRow({ roles, metrics: { host: "0.0.0.0", port: 0 } })).toBeUndefined();
  });

  it("a server whose workers are gone names the service of the stack, and elsewhere the command", async () => {
    const running = { pool: {} as never, lanes: { connected: async () => [] } };
    const fix = async (stack?: Stack) => (await findingsOf({ roles: { http: true, worker: false } }, running, stack).at(-1)?.())?.[0]?.fix;
    expect(await fix(first)).toContain("docker compose -f compose/compose.yaml up -d worker");
    expect(await fix()).not.toContain("compose");
  });
});
