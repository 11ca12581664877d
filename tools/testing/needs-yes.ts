/** Tools that need a person's yes, for tests only: a job, a job with a statement and fields, and an answer that undoes something. */
import { randomInt } from "node:crypto";
import { z } from "zod";
import { defineAnswerTool, defineJobTool, type Tool } from "../../core/tool.ts";

const annotations = { readOnly: false, destructive: false, idempotent: false };

/** Runs on the engine of this id. */
export const burner = "burner";

const words = z.string().min(1).describe("What is written on the disc.");
const seed = z.number().int().min(0).optional().describe("Chosen where none is given.");

function burning(name: string, alias: string, more: Pick<Parameters<typeof defineJobTool>[0], "needsYes">): Tool {
  return defineJobTool({
    name,
    title: `Burn a disc (${alias})`,
    alias,
    description: "Write words on a disc that cannot be erased.",
    input: z.strictObject({ words, copies: z.number().int().min(1).max(9).default(1).describe("How many."), seed }),
    positional: ["words"],
    annotations,
    prepare: async (input) => ({
      input: { ...input, seed: input.seed ?? randomInt(2 ** 32) },
      ...{ title: `Burn: ${input.words}`, engine: burner, family: burner, vramGb: 0, class: "interactive" },
    }),
    run: (input, _engines, run) =>
      run.save({
        name: "disc.txt",
        mediaType: "text/plain",
        body: Buffer.from(`${input.words} ${input.seed}`),
        recipe: { tool: name, input: run.job.input, engine: { id: burner, version: "1" }, preview: false, generated: false },
      }),
    ...more,
  });
}

export const burnDisc = burning("burn_disc", "burn", { needsYes: () => ({ why: "A disc that is burnt cannot be erased." }) });

export const lendVoice = burning("lend_voice", "lend", {
  needsYes: () => ({
    why: "A voice belongs to a person.",
    statement: "I have the right to use this voice.",
    fields: [
      { name: "whose", title: "Whose voice it is", kind: "text", required: true },
      { name: "agreed", title: "They have agreed", kind: "check", required: true },
    ],
  }),
});

/** @param done called each time that it really runs. */
export function forgetAll(done: () => void): Tool {
  return defineAnswerTool({
    name: "forget_all",
    title: "Forget everything",
    alias: "forget",
    description: "Forget what was kept.",
    input: z.strictObject({ what: z.string().default("all").describe("What is forgotten.") }),
    positional: ["what"],
    annotations: { ...annotations, destructive: true },
    needsYes: ({ what }) => ({ why: `What is forgotten (${what}) does not come back.` }),
    answer: async ({ what }) => {
      done();
      return { text: `Forgot ${what}.`, data: { what } };
    },
  });
}
