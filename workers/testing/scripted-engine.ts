/** A tool and an engine that do what a test tells them to, on the real job store. */
import { z } from "zod";
import type { Engine, Engines, Run } from "../../core/ports/engine.ts";
import { defineJobTool, type Tool } from "../../core/tool.ts";

export type Script = (run: Run, text: string) => Promise<void>;

export function scriptedEngine(id = "scripted", more: Partial<Engine> = {}): Engine {
  return {
    id,
    title: "Scripted",
    gpu: false,
    families: [id],
    status: async () => ({ id, title: "Scripted", state: "ready" }),
    models: async () => ({ engine: id, checkpoints: [], loras: [], upscalers: [] }),
    ...more,
  };
}

export function engineList(...all: Engine[]): Engines {
  const get = (id: string) => all.find((engine) => engine.id === id) as Engine;
  const first = async () => all[0] as never;
  const one = () => all[0] as never;
  const some = { image: first, upscaler: first, trainer: first, speech: first, motion: first, videoUpscaler: first, lips: first };
  return { all, get, ...some, datasets: one, clips: one };
}

export function scriptedTool(script: Script): Tool {
  return defineJobTool({
    name: "make_thing",
    title: "Make a thing",
    alias: "make",
    description: "For tests.",
    input: z.strictObject({ text: z.string(), family: z.string().optional() }),
    annotations: { readOnly: false, destructive: false, idempotent: false },
    prepare: async ({ text, family = "scripted" }) => ({
      input: { text },
      title: text,
      engine: "scripted",
      family,
      vramGb: 0,
      class: "interactive",
    }),
    run: ({ text }, _engines, run) => script(run, text),
  });
}

export const thing = (run: Run, content = "thing") =>
  run.save({
    name: "thing.txt",
    mediaType: "text/plain",
    body: Buffer.from(content),
    recipe: { tool: "make_thing", input: run.job.input, engine: { id: "scripted", version: "1" }, preview: false, generated: false },
  });
