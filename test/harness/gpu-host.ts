/** The real gpu-host over a trainer that speaks the protocol of sd-scripts, as a process on a free port: to be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { safetensors } from "../../workers/engines/gpu-host/testing/fake-files.ts";

const source = join(import.meta.dirname, "../../workers/gpu-host");

/** What the trainer does wrong, as `tests/fake_sd_scripts` reads it. */
export interface TrainerFaults {
  fault?:
    | "out_of_memory"
    | "disk_full"
    | "error"
    | "hang"
    | "gate"
    | "from_zero"
    | "exit_0_without_file"
    | "truncated"
    | "crash_after_save";
  /** Step at which it happens. */
  at?: number;
  step_seconds?: number;
}

export interface GpuHostProcess {
  readonly url: string;
  readonly key: string;
  /** Where it keeps its runs. */
  readonly data: string;
  /** For trainings that start from now on. */
  fault(faults: TrainerFaults): Promise<void>;
  /** Lets a training that waits at its gate go on. */
  openGate(): Promise<void>;
  /** Pids of the trainer and whatever it started. */
  trainers(): Promise<number[]>;
  /** As `kill -9` of gpu-host alone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Politely; then its folder goes. Rejects where a process of it is left. */
  close(): Promise<void>;
}

/** Where `workers/gpu-host/test.sh` keeps its environment; made first where it is missing. */
export async function gpuHostVenv(): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const venv = process.env["GPU_HOST_VENV"] ?? join(cache, "myspinbot/gpu-host-tests");
  const making = spawn(join(source, "test.sh"), ["--version"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, GPU_HOST_VENV: venv },
  });
  const [code] = await once(making, "exit");
  if (code !== 0) throw new Error("workers/gpu-host/test.sh could not make the environment of gpu-host");
  return venv;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Models by the keys that tell their family, tokenizers, the trainer, settings. */
async function makeWorld(folder: string, venv: string, port: number): Promise<string> {
  const models = join(folder, "models");
  await mkdir(models);
  const checkpoint = (names: string[]) => safetensors(Object.fromEntries(names.map((name) => [name, Buffer.from("1")])), {});
  await writeFile(
    join(models, "sd-v1-5.safetensors"),
    checkpoint(["cond_stage_model.transformer.text_model.x", "model.diffusion_model.x"]),
  );
  await writeFile(
    join(models, "sd_xl_base_1.0.safetensors"),
    checkpoint(["conditioner.embedders.0.transformer.x", "conditioner.embedders.1.model.x"]),
  );
  for (const name of ["openai_clip-vit-large-patch14", "laion_CLIP-ViT-bigG-14-laion2B-39B-b160k"]) {
    const tokenizer = join(folder, "tokenizers", name);
    await mkdir(tokenizer, { recursive: true });
    for (const file of ["vocab.json", "merges.txt", "special_tokens_map.json"]) await writeFile(join(tokenizer, file), "{}");
    await writeFile(join(tokenizer, "tokenizer_config.json"), '{"model_max_length": 77}');
  }
  await cp(join(source, "tests/fake_sd_scripts"), join(folder, "scripts"), { recursive: true });
  const toml = join(folder, "gpu-host.toml");
  const paths = (names: Record<string, string>) => Object.entries(names).map(([name, path]) => `${name} = ${JSON.stringify(path)}\n`);
  await writeFile(
    toml,
    [
      `port = ${port}\n`,
      ...paths({ data: join(folder, "data"), models }),
      "[sd_scripts]\n",
      ...paths({ python: join(venv, "bin/python"), folder: join(folder, "scripts"), tokenizers: join(folder, "tokenizers") }),
      "[limits]\nterm_seconds = 0.5\nfree_bytes = 0\nstall_seconds = 60\n",
    ].join(""),
  );
  return toml;
}

/** Processes that work in this folder, by the environment that gpu-host gives its children. */
async function childrenIn(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    const line = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (environment.includes("GPU_HOST_SPAWN") && (environment.includes(folder) || line.includes(folder))) found.push(Number(pid));
  }
  return found;
}

/** @param venv of `gpuHostVenv`. */
export async function startGpuHost({ venv, key = "k".repeat(32) }: { venv: string; key?: string }): Promise<GpuHostProcess> {
  const folder = await mkdtemp(join(tmpdir(), "spin-gpu-host-"));
  const port = await freePort();
  const toml = await makeWorld(folder, venv, port);
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, "service.log");
  let child: ChildProcess | undefined;

  const start = async () => {
    const env = { PATH: process.env["PATH"] ?? "", GPU_HOST_CONFIG: toml, GPU_HOST_KEY: key, PYTHONDONTWRITEBYTECODE: "1" };
    const started = spawn(join(venv, "bin/python"), ["-m", "gpu_host"], { cwd: source, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (chunk: Buffer) => void appendFile(log, chunk).catch(() => undefined));
    child = started;
    for (const end = Date.now() + 60_000; ; await sleep(50)) {
      if (
        await fetch(`${url}/healthz`).then(
          (answer) => answer.ok,
          () => false,
        )
      )
        return;
      if (started.exitCode !== null || Date.now() > end)
        throw new Error(`gpu-host did not start: ${await readFile(log, "utf8").catch(() => "")}`);
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null) return;
    const ended = once(ending, "exit");
    ending.kill(signal);
    await ended;
  };

  await start();
  return {
    url,
    key,
    data: join(folder, "data"),
    async fault(faults) {
      await writeFile(join(folder, "scripts/faults.part"), JSON.stringify(faults));
      await rename(join(folder, "scripts/faults.part"), join(folder, "scripts/faults.json"));
    },
    openGate: () => writeFile(join(folder, "scripts/open"), ""),
    trainers: () => childrenIn(folder),
    kill: () => end("SIGKILL"),
    start,
    async close() {
      await end("SIGTERM");
      const left = await childrenIn(folder);
      for (const pid of left) process.kill(pid, "SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (left.length > 0) throw new Error(`gpu-host left ${left.length} processes behind`);
    },
  };
}
