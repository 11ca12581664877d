/** What the images run: commands that hand on signals, secrets from files, and health that tells the truth. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { leanHeap } from "../place.ts";
import { programs, run } from "./testing/run.ts";
import { folder } from "./testing/stack.ts";

const scratch = mkdtempSync(join(tmpdir(), "images-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const text = (name: string) => readFileSync(join(folder, name), "utf8");

describe("the image of the studio", () => {
  const dockerfile = text("server/Dockerfile");

  it("starts node itself, which gets SIGTERM, with the small heap that the command has everywhere", () => {
    const flags = /^#!\/usr\/bin\/env -S node (.*)$/m;
    for (const source of [readFileSync(join(folder, "../main.ts"), "utf8"), text("server/main.ts")])
      expect(flags.exec(source)?.[1]?.split(" ")).toEqual([...leanHeap]);
    const entry = JSON.stringify(["node", ...leanHeap, "/app/dist/compose/server/main.js"]).replaceAll(",", ", ");
    expect(dockerfile).toContain(`\nENTRYPOINT ${entry}\n`);
  });

  it("holds what its services run, and folders of its user for what they write", () => {
    for (const name of ["healthy.js", "backed-up.js", "myspinbot.py", "myspinbot_start.py"]) expect(dockerfile).toContain(name);
    expect(dockerfile).toMatch(/install -d -o node -g node -m 700 \/data \/backups \/loras/);
    const built = text("server/tsconfig.json");
    for (const [, path = ""] of text("compose.yaml").matchAll(/\/app\/dist\/(compose\/\S+)\.js/g))
      expect([path, built.includes(`../${path.replace("compose/", "")}.ts`)]).toEqual([path, true]);
  });

  it("gets neither secrets nor models nor tests into its context", () => {
    const ignored = readFileSync(join(folder, "../.dockerignore"), "utf8").split("\n");
    for (const name of [".git", "**/.env", "compose/secrets", "compose/models", "node_modules", "dist", "**/*.test.ts"])
      expect(ignored).toContain(name);
  });
});

describe("health", () => {
  const healthy = (env: Record<string, string>) => run(process.execPath, [join(folder, "server/healthy.js")], { PATH: "", ...env });

  it("of a server is its HTTP, of a worker the listener of its metrics: 200 is well, everything else is not", async () => {
    const answers: Record<string, number> = {};
    const listening = async (name: string) => {
      const server = createServer((request, response) => response.writeHead(request.url === "/readyz" ? (answers[name] ?? 0) : 404).end());
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      return { server, port: String((server.address() as AddressInfo).port) };
    };
    const [http, metrics] = [await listening("http"), await listening("metrics")];
    const ports = { MYSPINBOT_PORT: http.port, MYSPINBOT_METRICS_PORT: metrics.port };
    Object.assign(answers, { http: 200, metrics: 503 });
    expect((await healthy({ ...ports, ROLES: "http" })).code).toBe(0);
    expect((await healthy(ports)).code).toBe(0);
    expect((await healthy({ ...ports, ROLES: "worker" })).code).toBe(1);
    Object.assign(answers, { http: 503, metrics: 200 });
    expect((await healthy({ ...ports, ROLES: "http,worker" })).code).toBe(1);
    expect((await healthy({ ...ports, ROLES: "worker" })).code).toBe(0);
    for (const { server } of [http, metrics]) await new Promise((done) => server.close(done));
    expect((await healthy({ ...ports, ROLES: "worker" })).code).toBe(1);
  });

  it("of the backups is the age of the newest whole one", async () => {
    const where = join(scratch, "backups");
    const backedUp = async () => (await run(process.execPath, [join(folder, "server/backed-up.js"), where, "26"], { PATH: "" })).code;
    expect(await backedUp()).toBe(1);
    mkdirSync(where);
    const aged = (name: string, hours: number) => {
      writeFileSync(join(where, name), "");
      const at = Date.now() / 1000 - hours * 3600;
      utimesSync(join(where, name), at, at);
    };
    aged("myspinbot-20260101T000000Z.tar.part", 0);
    expect(await backedUp()).toBe(1);
    aged("myspinbot-20251230T000000Z.tar", 40);
    expect(await backedUp()).toBe(1);
    aged("myspinbot-20251231T000000Z.tar", 20);
    expect(await backedUp()).toBe(0);
  });
});

describe("open-webui/start.sh", () => {
  const script = text("open-webui/start.sh").replace("/app/backend", scratch);
  const start = (env: Record<string, string>) => run("bash", ["-c", script], { PATH: process.env["PATH"], ...env });
  writeFileSync(join(scratch, "start.sh"), 'env | sort; echo "pid $$"');
  writeFileSync(join(scratch, "secret"), "text of a $secret\n");

  it("hands each secret on under its own name, and starts what the image starts", async () => {
    const { code, said } = await start({
      WEBUI_SECRET_KEY_FROM: join(scratch, "secret"),
      FORWARD_USER_INFO_HEADER_JWT_SECRET_FROM: join(scratch, "secret"),
    });
    expect(code).toBe(0);
    expect(said).toContain("WEBUI_SECRET_KEY=text of a $secret\n");
    expect(said).toContain("FORWARD_USER_INFO_HEADER_JWT_SECRET=text of a $secret\n");
    expect(said).not.toContain("_FROM=");
  });

  it("starts nothing where a secret is missing, and says which", async () => {
    const { code, said } = await start({ WEBUI_SECRET_KEY_FROM: join(scratch, "none") });
    expect([code, said]).toEqual([1, expect.stringMatching(/^WEBUI_SECRET_KEY_FROM: .*compose:init/)]);
  });
});

describe("gpu-host/start.sh", () => {
  const path = programs(join(scratch, "bin"), { python: 'echo "$@"; echo "key $GPU_HOST_KEY, file <$GPU_HOST_KEY_FILE>"' });
  const start = (env: Record<string, string>) => run("sh", [join(folder, "gpu-host/start.sh")], { PATH: path, ...env });

  it("reads the key from its file, and starts gpu-host in its own place", async () => {
    expect((await start({ GPU_HOST_KEY_FILE: join(scratch, "secret") })).said).toBe("-m gpu_host\nkey text of a $secret, file <>\n");
    expect(text("gpu-host/start.sh")).toMatch(/\nexec python -m gpu_host/);
  });

  it("starts nothing where the file is missing", async () => {
    const { code, said } = await start({ GPU_HOST_KEY_FILE: join(scratch, "none") });
    expect([code, said]).toEqual([1, expect.stringContaining("compose:init")]);
  });
});

describe("comfyui/start.sh", () => {
  it("starts ComfyUI without manager, custom nodes and services, and has it write in one folder", async () => {
    const path = programs(join(scratch, "comfy"), { python: 'echo "$@"' });
    const work = join(scratch, "work");
    const { said } = await run("sh", [join(folder, "comfyui/start.sh")], { PATH: path, COMFYUI_WORK: work, COMFYUI_RESERVE_VRAM: "2.5" });
    for (const flag of ["--disable-all-custom-nodes", "--disable-api-nodes", "--reserve-vram 2.5", `--output-directory ${work}/output`])
      expect(said).toContain(flag);
    expect(said).not.toMatch(/manager|--enable-cors/);
    expect(text("comfyui/start.sh")).toMatch(/\nexec python main\.py/);
  });
});
