/** A run's events as progress of the job: stages, steps, what is saved, and what a person must know throughout. */
import type { JobProgress, Stage } from "../../../core/job.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { RunEvent } from "./wire.ts";

const stages: Record<string, Stage> = {
  preparing: "checking",
  loading: "loading",
  caching_latents: "caching",
  caching_text: "caching",
  training: "training",
  sampling: "sampling",
  saving: "saving",
};

/** Share of the whole before the first step, and of all steps. */
const before: Partial<Record<Stage, number>> = { checking: 0.005, loading: 0.01, caching: 0.03 };
const start = 0.04;
const span = 0.92;

function minutes(seconds: number): string {
  if (seconds < 90) return "about a minute left";
  const whole = Math.round(seconds / 60);
  return whole < 90 ? `about ${whole} minutes left` : `about ${(seconds / 3600).toFixed(1)} hours left`;
}

export interface Teller {
  on(event: RunEvent): void;
  /** Of the run that is followed now. */
  readonly step: number;
  stage(stage: Stage, note?: string, part?: { step: number; steps: number }): void;
  /** Said with all that follows, in place of the one of the same name. */
  keepSaying(name: "start" | "smaller" | "warning" | "order", note: string | undefined): void;
  /** While nothing can be done: said once. */
  waiting(note: string): void;
  /** Shows again what was shown: the engine lives. */
  alive(): void;
}

export function createTeller(run: Pick<Run, "progress">, total: number): Teller {
  const notes = new Map<string, string>();
  let shown: JobProgress = { stage: "checking", fraction: 0 };
  let step = 0;
  let stage: Stage = "checking";
  let loss: number | undefined;
  let savedStep: number | undefined;
  let eta: number | undefined;

  const show = () => {
    const trained = step > 0 || stage === "training";
    const said = [...notes.values(), ...(eta !== undefined && stage === "training" ? [minutes(eta)] : [])].join(". ");
    shown = {
      stage,
      fraction: trained ? start + span * Math.min(1, step / total) : (before[stage] ?? 0),
      ...(trained ? { step, steps: total } : {}),
      ...(loss === undefined ? {} : { loss }),
      ...(savedStep === undefined ? {} : { savedStep }),
      ...(said ? { note: said } : {}),
    };
    run.progress(shown);
  };

  return {
    get step() {
      return step;
    },
    on(event) {
      switch (event.type) {
        case "started":
          step = event.resumed_from_step;
          savedStep = event.resumed_from_step || undefined;
          loss = undefined;
          eta = undefined;
          break;
        case "stage":
          stage = stages[event.name] ?? stage;
          break;
        case "step":
          step = event.step;
          loss = event.loss ?? loss;
          eta = event.eta_seconds ?? undefined;
          if (stage !== "sampling" && stage !== "saving") stage = "training";
          break;
        case "saved":
          // a checkpoint is a result; only a state can be gone on from
          if (event.name === null) savedStep = Math.max(savedStep ?? 0, event.step);
          break;
        case "warning":
          notes.set("warning", event.message);
          break;
        default:
      }
      show();
    },
    stage(now, note, part) {
      stage = now;
      const said = [...notes.values(), ...(note ? [note] : [])].join(". ");
      const fraction = now === "storing" ? start + span : (before[now] ?? shown.fraction);
      shown = { stage: now, fraction, ...part, ...(savedStep === undefined ? {} : { savedStep }), ...(said ? { note: said } : {}) };
      run.progress(shown);
    },
    keepSaying(name, note) {
      if (note) notes.set(name, note);
      else notes.delete(name);
      show();
    },
    waiting(note) {
      run.progress({ ...shown, stage: "waiting", note: [...notes.values(), note].join(". ") });
    },
    alive: () => run.progress(shown),
  };
}
