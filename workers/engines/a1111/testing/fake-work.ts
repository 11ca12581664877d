/** The work itself: one at a time behind one lock, with the state and the list of tasks as the real one leaves them, also where it leaves them wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { DrawFault, Faults } from "./fake-faults.ts";
import { drawPng, hashOf } from "./fake-pictures.ts";
import { readPrompt } from "./fake-prompts.ts";
import type { FakeMemory, FakeState, FakeTask } from "./fake-state.ts";

/** An exception inside it: the name and the text of Python's. */
export class FakeError extends Error {
  readonly kind: string;
  readonly status: number;
  constructor(kind: string, message: string, status = 500) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/** It was killed: nobody hears of it. */
class Gone extends Error {}

type Body = Record<string, unknown>;

export interface FakeWork {
  draw(route: "txt2img" | "img2img", body: Body, fault: DrawFault | undefined): Promise<object>;
  enlarge(body: Body, fault: DrawFault | undefined): Promise<object>;
  /** As a person at its own page. */
  foreign(id: string, steps: number): Promise<void>;
}

const stem = (path: string) => (path.split(/[\\/]/).at(-1) ?? path).replace(/\.[a-z]+$/, "");

export function createFakeWork(state: FakeState, faults: Faults): FakeWork {
  const locked = async <T>(memory: FakeMemory, work: () => Promise<T>): Promise<T> => {
    const before = memory.lock;
    let open = () => {};
    memory.lock = new Promise((resolve) => {
      open = resolve;
    });
    await before;
    try {
      if (memory !== state.memory) throw new Gone();
      return await work();
    } finally {
      open();
    }
  };

  const begin = (memory: FakeMemory, job: string) => {
    memory.begun++;
    Object.assign(memory.state, {
      ...{ job, job_timestamp: `20260101${String(memory.begun).padStart(6, "0")}`, job_count: -1, job_no: 0 },
      ...{ sampling_step: 0, sampling_steps: 0, interrupted: false, skipped: false, stopping_generation: false },
    });
  };
  const end = (memory: FakeMemory) => Object.assign(memory.state, { job: "", job_count: 0 });
  const startTask = (memory: FakeMemory, id: string) => {
    memory.current = id;
    memory.pending = memory.pending.filter((one) => one !== id);
  };
  const finishTask = (memory: FakeMemory, id: string) => {
    if (memory.current === id) memory.current = undefined;
    memory.finished = [...memory.finished, id].slice(-16);
  };

  /** False where it was interrupted: then there is a picture all the same. */
  const sample = async (memory: FakeMemory, steps: number): Promise<boolean> => {
    memory.state.sampling_steps = steps;
    for (let step = 1; step <= steps; step++) {
      await sleep(state.options.stepMs);
      if (memory !== state.memory) throw new Gone();
      if (memory.state.interrupted || memory.state.skipped) return false;
      memory.state.sampling_step = step;
    }
    return true;
  };

  const load = (memory: FakeMemory, override: unknown): string => {
    const { seen } = memory;
    // what it cannot find it forgets, and takes its own or the first one
    const wanted = [override, memory.options["sd_model_checkpoint"], seen.checkpoints[0]]
      .map((name) => seen.checkpoints.find((one) => one === name))
      .find((name) => name !== undefined);
    if (!wanted)
      throw new FakeError("ValueError", "You do not have any model! Please download at least one model in [models/Stable-diffusion].");
    // Forge brings it back by itself; A1111 fails on two devices
    if (!memory.onCard && state.options.dialect === "a1111")
      throw new FakeError("RuntimeError", "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!");
    memory.loaded = wanted;
    memory.onCard = true;
    return wanted;
  };

  const pictures = async (memory: FakeMemory, task: FakeTask, body: Body, fault: DrawFault | undefined) => {
    const settings = body["override_settings"] as Record<string, unknown>;
    for (const name of Object.keys(settings)) if (!(name in memory.options)) throw new FakeError("KeyError", `'${name}'`);
    const stored = memory.options;
    memory.options = { ...stored, ...settings, sd_model_checkpoint: stored["sd_model_checkpoint"] };
    try {
      const model = load(memory, settings["sd_model_checkpoint"]);
      const modules = memory.options["forge_additional_modules"] as string[] | undefined;
      if (modules && modules.length > 0) throw new FakeError("AssertionError", "You do not have CLIP state dict!");
      const read = readPrompt(String(body["prompt"]), { comments: memory.options["enable_prompt_comments"] === true });
      const listed = memory.seen.loras.map(({ path }) => stem(path));
      const loras = read.loras.filter(({ name }) => listed.includes(name) && !faults.deafToLoras);
      Object.assign(task, { model, loras, text: read.text });
      const init = ((body["init_images"] as string[] | undefined) ?? []).map((text) => Buffer.from(text, "base64"));
      for (const one of init)
        await sharp(one)
          .metadata()
          .catch(() => Promise.reject(new FakeError("HTTPException", "Invalid encoded image")));
      const [width, height, count, steps] = [body["width"], body["height"], body["n_iter"], body["steps"]].map(Number) as [
        number,
        number,
        number,
        number,
      ];
      memory.state.job_count = count;
      const images: string[] = [];
      const infotexts: string[] = [];
      for (let at = 0; at < count && !memory.state.interrupted; at++) {
        if (count > 1) memory.state.job = `Batch ${at + 1} out of ${count}`;
        memory.state.skipped = false;
        if (fault === "hang") while (!memory.state.interrupted) await sample(memory, 1);
        const whole = await sample(memory, steps);
        if (fault === "oom")
          throw new FakeError("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB");
        if (fault === "nan") throw new FakeError("NansException", "A tensor with all NaNs was produced in Unet.");
        if (fault === "fail") throw new FakeError("RuntimeError", "cannot read /home/someone/webui/models/secret.bin");
        Object.assign(memory.state, { job_no: at + 1, sampling_step: 0 });
        const seed = Number(body["seed"]) + at;
        const what = {
          model,
          loras,
          text: read.text,
          seed,
          steps,
          width,
          height,
          whole,
          cfg: body["cfg_scale"],
          strength: body["denoising_strength"],
        };
        const text = `${read.text}\nSteps: ${steps}, Seed: ${seed}`;
        infotexts.push(text);
        const side = fault === "wrong-size" ? 8 : 0;
        const png = await drawPng(hashOf([what, init.map((one) => hashOf(one.toString("base64")))]), width - side, height - side, text);
        images.push(
          fault === "no-picture"
            ? Buffer.from("no picture at all").toString("base64")
            : (fault === "broken-picture" ? png.subarray(0, png.length >> 1) : png).toString("base64"),
        );
      }
      const hashes = loras.map(({ name }) => `${name}: ${hashOf(name).slice(0, 12)}`).join(", ");
      return {
        images,
        parameters: body,
        info: JSON.stringify({
          ...{ prompt: body["prompt"], seed: body["seed"], width, height, steps, infotexts },
          ...{
            sd_model_name: stem(model),
            sd_model_hash: hashOf(model).slice(0, 10),
            version: versionOf(state),
            job_timestamp: memory.state.job_timestamp,
          },
          extra_generation_params:
            hashes && memory.options["lora_add_hashes_to_infotext"] === true && !state.options.noHashing ? { "Lora hashes": hashes } : {},
        }),
      };
    } finally {
      if (body["override_settings_restore_afterwards"] !== false) memory.options = stored;
    }
  };

  return {
    async draw(route, body, fault) {
      const { memory } = state;
      const id = state.options.old ? `task(${route}-ABCDEFG)` : String(body["force_task_id"] ?? `task(${route}-ABCDEFG)`);
      const task: FakeTask = { id, foreign: false, state: "queued", body, loras: [] };
      memory.tasks.push(task);
      memory.pending.push(id);
      try {
        return await locked(memory, async () => {
          if (fault === "stuck") throw new FakeError("RuntimeError", "it could not begin");
          begin(memory, `scripts_${route}`);
          startTask(memory, id);
          task.state = "running";
          try {
            const answer = await pictures(memory, task, body, fault);
            // only reached where nothing was thrown: a task that failed stays the current one
            finishTask(memory, id);
            task.state = memory.state.interrupted || memory.state.skipped ? "interrupted" : "done";
            return answer;
          } finally {
            end(memory);
          }
        });
      } catch (error) {
        task.state = error instanceof Gone ? "lost" : "failed";
        throw error;
      }
    },

    async enlarge(body, fault) {
      const { memory } = state;
      const bytes = Buffer.from(String(body["image"]), "base64");
      const { width, height } = await sharp(bytes)
        .metadata()
        .catch(() => Promise.reject(new FakeError("HTTPException", "Invalid encoded image")));
      const task: FakeTask = { id: "extras", foreign: false, state: "queued", body, loras: [] };
      memory.tasks.push(task);
      return locked(memory, async () => {
        begin(memory, "extras");
        task.state = "running";
        memory.state.job_count = 1;
        if (!memory.seen.upscalers.includes(String(body["upscaler_1"]))) {
          task.state = "failed";
          throw new FakeError("AssertionError", `could not find upscaler named ${body["upscaler_1"]}`);
        }
        const whole = await sample(memory, fault === "hang" ? 1_000_000 : 4);
        if (fault === "oom") {
          task.state = "failed";
          throw new FakeError("OutOfMemoryError", "CUDA out of memory.");
        }
        const scale = Number(body["upscaling_resize"]);
        const eight = (pixels: number) => Math.floor((pixels * scale) / 8) * 8;
        // interrupted it is the old picture, only larger
        const png = await sharp(bytes)
          .resize(eight(width), eight(height), { fit: "fill", kernel: whole ? "nearest" : "lanczos3" })
          .png()
          .toBuffer();
        task.state = whole ? "done" : "interrupted";
        end(memory);
        return { image: png.toString("base64"), html_info: "<p></p>" };
      });
    },

    async foreign(id, steps) {
      const { memory } = state;
      const task: FakeTask = { id, foreign: true, state: "queued", body: {}, loras: [] };
      memory.tasks.push(task);
      memory.pending.push(id);
      await locked(memory, async () => {
        begin(memory, id);
        startTask(memory, id);
        task.state = "running";
        memory.state.job_count = 1;
        task.state = (await sample(memory, steps)) ? "done" : "interrupted";
        finishTask(memory, id);
        end(memory);
      }).catch((error: unknown) => {
        task.state = "lost";
        if (!(error instanceof Gone)) throw error;
      });
    },
  };
}

export const versionOf = (state: FakeState): string =>
  state.options.dialect === "forge" ? "f2.0.1v1.10.1-previous-664-gd557aef9" : "v1.10.1";
