/** One run of a fake gpu-host that is no training: lines of speech by a child that stays loaded, or a talking face. */
import { writeWav } from "../../../sound/index.ts";
import type { Faults } from "./fake-faults.ts";
import { sha256 } from "./fake-files.ts";
import type { Asked } from "./fake-run.ts";
import { talkingVideo } from "./fake-video.ts";

export interface MediaParams {
  reference?: string;
  lines?: { text: string; seed: number }[];
  picture?: string;
  face?: string;
  sound?: string;
  [name: string]: unknown;
}

export type MediaAsked = Omit<Asked, "params"> & { params: MediaParams };

export class FakeMedia {
  readonly events: Record<string, unknown>[] = [];
  readonly files = new Map<string, Buffer>();
  state: "preparing" | "running" | "canceling" | "succeeded" | "failed" | "canceled" = "preparing";
  step = 0;
  failure: { code: string; message: string } | null = null;
  results: { name: string; sha256: string; bytes: number; media_type: string }[] = [];
  readonly asked: MediaAsked;
  readonly #faults: Faults;
  readonly #inputs: ReadonlyMap<string, Buffer>;
  readonly #ended: () => void;

  constructor(asked: MediaAsked, faults: Faults, inputs: ReadonlyMap<string, Buffer>, ended: () => void) {
    this.asked = asked;
    this.#faults = faults;
    this.#inputs = inputs;
    this.#ended = ended;
    this.tell("accepted", { engine: asked.engine });
    void this.#work();
  }

  get over(): boolean {
    return ["succeeded", "failed", "canceled"].includes(this.state);
  }

  get total(): number {
    return this.asked.params.lines?.length ?? 4;
  }

  view(): Record<string, unknown> {
    const { asked, state, step, total, failure, results } = this;
    const rest = { stage: null, loss: null, eta_seconds: null, warnings: [], resume: null, resumed_from_step: 0 };
    const files = [...this.files.keys()].sort();
    return { ...{ id: asked.id, engine: asked.engine, state, step, total, failure, results, files }, ...rest, events: this.events.length };
  }

  tell(type: string, fields: Record<string, unknown> = {}): void {
    this.events.push({ seq: this.events.length + 1, at: new Date().toISOString(), type, ...fields });
  }

  cancel(keep: boolean): void {
    if (this.over || this.state === "canceling") return;
    this.state = "canceling";
    this.tell("canceling", { keep });
    setTimeout(() => {
      if (!keep) this.files.clear();
      this.#end("canceled", { kept: keep, resume: null });
    }, this.#faults.endMs);
  }

  /** As a kill from outside, or what the program itself says. */
  fail(code: string, message: string): void {
    if (this.over) return;
    this.failure = { code, message };
    this.#end("failed", { code, message, resume: null });
  }

  stop(): void {
    this.#end("failed", {});
  }

  #end(state: "succeeded" | "failed" | "canceled", fields: Record<string, unknown>): void {
    if (this.over) return;
    this.#ended();
    this.state = state;
    this.tell(state, fields);
  }

  async #work(): Promise<void> {
    const faults = this.#faults;
    await pause(faults.stepMs);
    if (this.state !== "preparing") return;
    this.state = "running";
    this.tell("started", { resumed_from_step: 0 });
    this.tell("stage", { name: "loading" });
    if (faults.noFace) return this.fail("no_face", "No face was found in the picture. Give one that shows a face from the front.");
    if (faults.noMemory) return this.fail("out_of_memory", "The card's memory ran out. Free the card, then start the run again.");
    for (let step = 1; step <= this.total; step++) {
      while (faults.gate !== undefined && this.step >= faults.gate && !this.over) await pause(5);
      await pause(faults.stepMs);
      if (this.state !== "running") return;
      this.step = step;
      this.tell("step", { step, total: this.total, loss: null, eta_seconds: null });
      if (faults.interruptAt === step) {
        delete faults.interruptAt;
        return this.fail("interrupted", "The program was ended from outside.");
      }
    }
    const made = await this.#make();
    if (this.state !== "running") return;
    if (faults.noFile) return this.fail("no_output", "The program ended without its file. Its log says why.");
    for (const [name, bytes] of faults.emptyResults ? [] : made) {
      this.files.set(name, bytes);
      this.results.push({ name, sha256: sha256(bytes), bytes: bytes.length, media_type: "application/octet-stream" });
    }
    this.#end("succeeded", { files: this.results });
  }

  async #make(): Promise<[string, Buffer][]> {
    const { lines, sound, picture, face } = this.asked.params;
    if (lines) return lines.map(({ text, seed }, index) => [`line-${index}.wav`, spoken(text, seed, this.#faults.silent)]);
    const given = this.#inputs.get(picture ?? face ?? "") ?? Buffer.alloc(0);
    return [["talking.mp4", await talkingVideo(given, this.#inputs.get(sound ?? "") ?? Buffer.alloc(0), this.#faults)]];
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A tone as long as the text would take, and as high as the seed says. */
function spoken(text: string, seed: number, silent: boolean): Buffer {
  const sampleRate = 24_000;
  const samples = new Float32Array(Math.round(sampleRate * Math.max(0.4, text.length / 15)));
  if (!silent) for (let at = 0; at < samples.length; at++) samples[at] = 0.3 * Math.sin((at / sampleRate) * 6.283 * (180 + (seed % 100)));
  return Buffer.from(writeWav({ sampleRate, samples }));
}
