/** What a fake A1111 has on disk, keeps in memory and forgets in a restart. */
export interface FakeOptions {
  /** Which of the two it is: they say errors in different words. Default `forge`. */
  dialect?: "a1111" | "forge";
  /** `user:password` of `--api-auth`. */
  auth?: string;
  /** Started without `--api`. */
  noApi?: boolean;
  /** Started with `--nowebui`: no route of its page. */
  noPage?: boolean;
  /** A version that knows no `force_task_id`. */
  old?: boolean;
  /** A version before 1.9, where the schedule is part of the sampler's name. */
  joinedSamplers?: boolean;
  /** `--no-hashing`. */
  noHashing?: boolean;
  /** Milliseconds a sampling step. Default 2. */
  stepMs?: number;
  port?: number;
  device?: "cuda" | "cpu";
  models?: Partial<FakeDisk>;
}

export interface FakeLora {
  path: string;
  metadata?: Record<string, unknown>;
}

export interface FakeDisk {
  /** Paths below its folder of checkpoints. */
  checkpoints: string[];
  loras: FakeLora[];
  upscalers: string[];
}

export interface FakeTask {
  id: string;
  /** Whether somebody else posted it. */
  foreign: boolean;
  state: "queued" | "running" | "done" | "interrupted" | "failed" | "lost";
  body: Record<string, unknown>;
  /** What it drew with. */
  model?: string;
  loras: { name: string; weight: number }[];
  /** The prompt as it reads it, without tags and comments. */
  text?: string;
}

export interface FakeMemory {
  tasks: FakeTask[];
  pending: string[];
  current: string | undefined;
  finished: string[];
  state: {
    job: string;
    job_timestamp: string;
    job_count: number;
    job_no: number;
    sampling_step: number;
    sampling_steps: number;
    interrupted: boolean;
    skipped: boolean;
    stopping_generation: boolean;
  };
  /** Those who hold or wait for the one lock, first come first served. */
  lock: Promise<void>;
  /** Lists as they were last read from disk. */
  seen: FakeDisk;
  options: Record<string, unknown>;
  /** Checkpoint in VRAM, and whether it was sent away. */
  loaded: string | undefined;
  onCard: boolean;
  begun: number;
}

export interface FakeState {
  readonly options: Required<Pick<FakeOptions, "dialect" | "stepMs" | "device">> & FakeOptions;
  readonly disk: FakeDisk;
  memory: FakeMemory;
}

const usual: FakeDisk = {
  checkpoints: ["sd15.safetensors", "sd_xl_base_1.0.safetensors"],
  loras: [
    { path: "ink-sd15.safetensors", metadata: { ss_base_model_version: "sd_v1", "modelspec.trigger_phrase": "zxq ink" } },
    {
      path: "ink-sdxl.safetensors",
      metadata: { "modelspec.architecture": "stable-diffusion-xl-v1-base/lora", "modelspec.license": "CC-BY-4.0" },
    },
  ],
  upscalers: ["None", "Lanczos", "Nearest", "ESRGAN_4x", "R-ESRGAN 4x+", "R-ESRGAN 4x+ Anime6B"],
};

const copy = (disk: FakeDisk): FakeDisk => ({ checkpoints: [...disk.checkpoints], loras: [...disk.loras], upscalers: [...disk.upscalers] });

export function freshMemory(disk: FakeDisk, dialect: FakeOptions["dialect"] = "forge"): FakeMemory {
  return {
    ...{ tasks: [], pending: [], current: undefined, finished: [], lock: Promise.resolve(), begun: 0 },
    state: {
      ...{ job: "", job_timestamp: "0", job_count: 0, job_no: 0, sampling_step: 0, sampling_steps: 0 },
      ...{ interrupted: false, skipped: false, stopping_generation: false },
    },
    seen: copy(disk),
    options: {
      ...{ sd_model_checkpoint: disk.checkpoints[0] ?? null, samples_format: "png", enable_prompt_comments: true },
      ...{ sd_lora: "None", lora_add_hashes_to_infotext: true },
      ...(dialect === "forge" ? { forge_additional_modules: ["/home/someone/webui/models/text_encoder/t5xxl.safetensors"] } : {}),
    },
    loaded: disk.checkpoints[0],
    onCard: true,
  };
}

export function freshState(options: FakeOptions): FakeState {
  const disk = copy({ ...usual, ...options.models });
  return { options: { dialect: "forge", stepMs: 2, device: "cuda", ...options }, disk, memory: freshMemory(disk, options.dialect) };
}

/** As `/refresh-…` does. */
export function reread(state: FakeState, what: keyof FakeDisk): void {
  state.memory.seen = { ...state.memory.seen, [what]: [...state.disk[what]] };
}
