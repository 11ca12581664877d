/** One run of a fake gpu-host: steps, events, saves and ends as sd-scripts under the real one. */
import type { TrainParams } from "../wire.ts";
import type { Faults } from "./fake-faults.ts";
import { loraFileOf, png, sha256 } from "./fake-files.ts";

export interface Asked {
  id: string;
  engine: string;
  params: TrainParams;
  resume_from?: string;
}

interface State {
  step: number;
  weights: string;
}

export class FakeRun {
  readonly events: Record<string, unknown>[] = [];
  readonly files = new Map<string, Buffer>();
  /** Saved states, at most the two newest, and the one that it came from. */
  states: State[] = [];
  state: "preparing" | "running" | "canceling" | "succeeded" | "failed" | "canceled" = "preparing";
  step = 0;
  failure: { code: string; message: string } | null = null;
  results: { name: string; sha256: string; bytes: number; media_type: string }[] = [];
  readonly asked: Asked;
  readonly #faults: Faults;
  readonly #from: State | undefined;
  readonly #ended: () => void;
  #weights = "";
  #keep = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(asked: Asked, faults: Faults, from: State | undefined, ended: () => void) {
    this.asked = asked;
    this.#faults = faults;
    this.#from = from;
    this.#ended = ended;
    this.tell("accepted", { engine: asked.engine });
    this.tell("stage", { name: "preparing" });
    this.#timer = setTimeout(() => this.#begin(), faults.stepMs);
  }

  get over(): boolean {
    return ["succeeded", "failed", "canceled"].includes(this.state);
  }

  /** The newest state that steps are left of. */
  get resume(): { step: number; total: number } | null {
    const newest = this.newest();
    return newest && (this.state === "failed" || this.state === "canceled") ? { step: newest.step, total: this.asked.params.steps } : null;
  }

  newest(): State | undefined {
    return this.states.filter(({ step }) => step < this.asked.params.steps).sort((one, other) => other.step - one.step)[0];
  }

  view(): Record<string, unknown> {
    const { asked, state, step, failure, results, resume } = this;
    const rest = { stage: null, total: asked.params.steps, loss: null, eta_seconds: null, warnings: [] };
    const from = this.#from?.step ?? 0;
    return {
      ...{ id: asked.id, engine: asked.engine, state, step, failure, results, resume, ...rest },
      resumed_from_step: from,
      files: [...this.files.keys()].sort(),
      events: this.events.length,
    };
  }

  tell(type: string, fields: Record<string, unknown> = {}): void {
    this.events.push({ seq: this.events.length + 1, at: new Date().toISOString(), type, ...fields });
  }

  cancel(keep: boolean): void {
    if (this.over || this.state === "canceling") return;
    clearTimeout(this.#timer);
    this.state = "canceling";
    this.#keep = keep;
    this.tell("canceling", { keep });
    this.#timer = setTimeout(() => {
      if (!this.#keep) {
        this.states = [];
        this.files.clear();
      }
      this.#end("canceled", { kept: this.#keep });
    }, this.#faults.endMs);
  }

  /** As a kill from outside. */
  fail(code: string, message: string): void {
    if (this.over) return;
    this.failure = { code, message };
    this.#end("failed", { code, message });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #end(state: "succeeded" | "failed" | "canceled", fields: Record<string, unknown>): void {
    clearTimeout(this.#timer);
    // the card is free before the end is told
    this.#ended();
    this.state = state;
    this.tell(state, state === "succeeded" ? fields : { ...fields, resume: this.resume });
  }

  #begin(): void {
    const { params } = this.asked;
    this.#weights = this.#from?.weights ?? sha256(JSON.stringify([params.seed, params.pictures, params.resolution, params.batch_size]));
    this.step = this.#from?.step ?? 0;
    if (this.#from) this.states = [this.#from];
    this.state = "running";
    this.tell("started", { resumed_from_step: this.step });
    for (const name of ["loading", "caching_latents", "training"]) this.tell("stage", { name });
    if (this.#from && this.#faults.resumeFails) {
      this.fail("resume_failed", "The trainer did not go on from its saved step.");
      return;
    }
    this.tell("step", { step: this.step, total: params.steps, loss: null, eta_seconds: null });
    this.#timer = setTimeout(() => this.#next(), this.#faults.stepMs);
  }

  #next(): void {
    const { params } = this.asked;
    const faults = this.#faults;
    if (faults.gate !== undefined && this.step >= faults.gate) {
      this.#timer = setTimeout(() => this.#next(), 5);
      return;
    }
    this.step++;
    this.#weights = sha256(`${this.#weights} ${this.step}`);
    if (faults.memory !== undefined && this.step >= 2 && params.batch_size * params.resolution ** 2 > faults.memory) {
      this.fail("out_of_memory", "The card's memory ran out. Free the card, or lower the resolution, batch size or rank.");
      return;
    }
    // as the trainer's bar: first with the loss of the step before, at the step's end with its own
    const told = { step: this.step, total: params.steps, eta_seconds: params.steps - this.step };
    if (this.step > 1) this.tell("step", { ...told, loss: 1 / this.step });
    this.tell("step", { ...told, loss: 1 / (this.step + 1) });
    if (params.samples.length > 0 && this.step % params.sample_every === 0) this.#sample();
    if (this.step % params.save_every === 0) this.#save();
    if (faults.disk === this.step) {
      delete faults.disk;
      this.fail("disk_full", "The disk ran full. Delete old runs, then train again.");
      return;
    }
    if (faults.interruptAt === this.step) {
      delete faults.interruptAt;
      this.fail("interrupted", "The trainer was ended from outside.");
      return;
    }
    if (this.step < params.steps) {
      this.#timer = setTimeout(() => this.#next(), faults.stepMs);
      return;
    }
    const weights = loraFileOf(this.asked.id, this.step, this.#weights);
    this.files.set("lora.safetensors", weights);
    this.results = [{ name: "lora.safetensors", sha256: sha256(weights), bytes: weights.length, media_type: "application/octet-stream" }];
    this.states = [];
    this.#end("succeeded", { files: this.results });
  }

  #sample(): void {
    this.tell("stage", { name: "sampling" });
    for (const [index, { seed }] of this.asked.params.samples.entries()) {
      const name = `lora_${String(this.step).padStart(6, "0")}_${String(index).padStart(2, "0")}_20261123145237_${seed}.png`;
      this.files.set(name, png());
      this.tell("sample", { name, step: this.step, index, seed });
    }
    this.tell("stage", { name: "training" });
  }

  #save(): void {
    const name = `lora-step${String(this.step).padStart(8, "0")}.safetensors`;
    this.files.set(name, loraFileOf(this.asked.id, this.step, this.#weights));
    this.tell("saved", { step: this.step, name });
    this.states = [...this.states.slice(-1), { step: this.step, weights: this.#weights }];
    this.tell("saved", { step: this.step, name: null });
  }
}
