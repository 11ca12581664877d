/** The real gpu-host as a process, over programs that print, write and end as F5-TTS, SadTalker and Wav2Lip do, and leave videos that play. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../core/log.ts";
import { createFfmpeg } from "../../workers/ffmpeg/index.ts";
import { command, root, until } from "../harness/product.ts";

const source = join(root, "workers/gpu-host");

/** What these programs do wrong, as `tests/fake_f5`, `fake_sadtalker` and `fake_wav2lip` read it. */
interface ProgramFaults {
  fault?: "no_file" | "truncated" | "silent" | "no_face" | "out_of_memory";
}

export interface MediaGpuHost {
  readonly url: string;
  readonly key: string;
  /** For runs that start from now on. */
  fault(faults: ProgramFaults): Promise<void>;
  /** Who has the card now: the id of a run, or of a model that stays loaded. */
  owner(): Promise<string | undefined>;
  /** Pids of speech models that stay loaded. */
  voices(): Promise<number[]>;
  /** Politely; then its folder goes. Rejects where a process of it is left. */
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** @param program a part of the command line; any where it is absent. */
async function childrenIn(folder: string, program = ""): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [set, line] = await Promise.all(
        ["environ", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "")),
      );
      return set?.includes("GPU_HOST_SPAWN") && `${set} ${line}`.includes(folder) && line?.includes(program) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** @param venv of `gpuHostVenv`. @param lips whether Wav2Lip is enabled. */
export async function startMediaGpuHost({ venv, lips }: { venv: string; lips: boolean }): Promise<MediaGpuHost> {
  const folder = await mkdtemp(join(tmpdir(), "spin-media-host-"));
  const [port, key, python] = [await freePort(), "k".repeat(32), join(venv, "bin/python")];
  const { path: ffmpeg } = await createFfmpeg({ log: silentLog }).describe();
  const bare = { PATH: process.env["PATH"] ?? "", PYTHONDONTWRITEBYTECODE: "1" };
  const script = join(import.meta.dirname, "gpu_world.py");
  const making = command(python, [script, join(folder, "world"), `${port}`, ffmpeg, lips ? "wav2lip" : "no"], {
    env: { ...bare, PYTHONPATH: source },
  });
  if ((await making.ended) !== 0) throw new Error(`the GPU machine could not be laid out: ${making.stderr}`);
  const toml = making.stdout.trim();
  const env = { ...bare, GPU_HOST_CONFIG: toml, GPU_HOST_KEY: key };
  const service = spawn(python, ["-m", "gpu_host"], { cwd: source, env, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  const ask = (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
  await until(
    () =>
      service.exitCode === null &&
      ask("/healthz")
        .then(({ ok }) => ok)
        .catch(() => false),
    "gpu-host starts",
    120_000,
  );
  const programs = ["voice/lib/python3.11/site-packages", "sadtalker", "wav2lip"].map((name) => join(folder, "world", name));
  return {
    url,
    key,
    async fault(faults) {
      for (const program of programs) {
        await writeFile(join(program, "faults.part"), JSON.stringify(faults));
        await rename(join(program, "faults.part"), join(program, "faults.json"));
      }
    },
    async owner() {
      const { owner } = (await (await ask("/v1/gpu")).json()) as { owner: string | null };
      return owner ?? undefined;
    },
    voices: () => childrenIn(folder, "f5_worker"),
    async close() {
      const ended = once(service, "exit");
      if (service.exitCode === null) {
        service.kill("SIGTERM");
        await ended;
      }
      const left = await childrenIn(folder);
      for (const pid of left) process.kill(pid, "SIGKILL");
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (left.length > 0) throw new Error(`gpu-host left ${left.length} processes behind`);
    },
  };
}
