/** A real Open WebUI in a process of its own: installed without torch where it is missing, on a data folder that outlives its restarts. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { type Command, command } from "../harness/product.ts";

export const version = "0.12.4";
/** Seconds that a dialog waits for an answer. */
export const dialogSeconds = 60;
export const admin = { email: "admin@example.com", password: "admin-pass-1" };

/** uv brings certificates of its own and knows none of the machine's unless it is told. */
function certificates(): NodeJS.ProcessEnv {
  const debian = "/etc/ssl/certs/ca-certificates.crt";
  return !process.env["SSL_CERT_FILE"] && existsSync(debian) ? { ...process.env, SSL_CERT_FILE: debian } : process.env;
}

function must(program: string, args: string[]): void {
  const done = spawnSync(program, args, { encoding: "utf8", env: certificates() });
  if (done.status !== 0) throw new Error(`${program} ${args.join(" ")}: ${done.error ?? done.stderr.slice(-2000)}`);
}

/** Debian 12 has 3.11 as python3; elsewhere the version is in the name. */
function python(): string {
  const asked = "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))";
  const found = ["python3.11", "python3.12", "python3"].find((name) => spawnSync(name, ["-c", asked]).status === 0);
  if (found) return found;
  throw new Error(
    "Open WebUI 0.12 needs Python 3.11 or 3.12 with venv, and none was found. On Debian 12: apt-get install python3-venv. An Open WebUI that is installed already is named by OPENWEBUI_VENV.",
  );
}

/** Folder of the Python environment. OPENWEBUI_VENV names a ready one. */
export async function installed(): Promise<string> {
  const given = process.env["OPENWEBUI_VENV"];
  if (given) return given;
  const base = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "myspinbot-e2e", `open-webui-${version}`);
  const venv = join(base, "venv");
  if (existsSync(join(base, "ready"))) return venv;
  await rm(base, { recursive: true, force: true });
  await mkdir(base, { recursive: true });
  must(python(), ["-m", "venv", venv]);
  must(join(venv, "bin/pip"), ["install", "-q", "uv"]);
  const overrides = join(base, "overrides.txt");
  // torch is imported only where speech or local embeddings are used
  await writeFile(overrides, "torch ; sys_platform == 'never'\ntriton ; sys_platform == 'never'\n");
  must(join(venv, "bin/uv"), [
    ...["pip", "install", "-q", "--python", join(venv, "bin/python"), "--overrides", overrides],
    `open-webui==${version}`,
  ]);
  await writeFile(join(base, "ready"), version);
  return venv;
}

export interface OpenWebUi {
  readonly url: string;
  readonly log: string;
  start(): Promise<void>;
  /** Until the process is gone. */
  stop(signal: NodeJS.Signals): Promise<void>;
  end(): Promise<void>;
}

export async function makeOpenWebUi(venv: string): Promise<OpenWebUi> {
  const data = await mkdtemp(join(tmpdir(), "spin-owui-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: data, DATA_DIR: data, WEBUI_SECRET_KEY: "only for this run" },
    ...{ OFFLINE_MODE: "true", HF_HUB_OFFLINE: "1", ENABLE_OLLAMA_API: "false", ENABLE_OPENAI_API: "false" },
    WEBSOCKET_EVENT_CALLER_TIMEOUT: `${dialogSeconds}`,
    ...{ RAG_EMBEDDING_ENGINE: "openai", PYTHONUNBUFFERED: "1", WEBUI_ADMIN_NAME: "Admin" },
    ...{ WEBUI_ADMIN_EMAIL: admin.email, WEBUI_ADMIN_PASSWORD: admin.password },
  };
  let server: Command | undefined;
  let earlier = "";
  const web: OpenWebUi = {
    url,
    get log() {
      return earlier + (server ? server.stdout + server.stderr : "");
    },
    async start() {
      const started = command(join(venv, "bin/open-webui"), ["serve", "--host", "127.0.0.1", "--port", `${port}`], { cwd: data, env });
      server = started;
      for (const end = Date.now() + 600_000; Date.now() < end; await sleep(300)) {
        if (started.child.exitCode !== null) throw new Error(`Open WebUI ended: ${started.stderr.slice(-3000)}`);
        const up = await fetch(`${url}/health`).then(
          (answer) => answer.ok,
          () => false,
        );
        if (up) return;
      }
      throw new Error(`Open WebUI did not start: ${started.stderr.slice(-3000)}`);
    },
    async stop(signal) {
      if (!server) return;
      server.child.kill(signal);
      await server.ended;
      earlier += server.stdout + server.stderr;
      server = undefined;
    },
    async end() {
      await web.stop("SIGKILL");
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return web;
}
