/** `reroll_job`: the same recipe with a new seed or changed fields, as a new job that remembers its parent. */
import { z } from "zod";
import { given } from "../core/json.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { jobId, pictureFields, rare } from "./fields.ts";
import { jobAnswer } from "./jobs.ts";

export const rerollJob = defineAnswerTool({
  name: "reroll_job",
  title: "Reroll a job",
  alias: "reroll",
  description:
    "Make another one like a job: its recipe with a new seed, or the given fields changed (give its seed to keep the composition). Of a clip only what changes is made again. Returns a new job id.",
  input: z.strictObject({
    job_id: jobId,
    ...pictureFields,
    negative_prompt: rare(pictureFields.negative_prompt),
    width: rare(pictureFields.width),
    height: rare(pictureFields.height),
    loras: rare(pictureFields.loras),
    strength: rare(pictureFields.strength),
    steps: rare(pictureFields.steps),
    prompt: pictureFields.prompt.optional().describe("New words, instead of the old ones."),
    count: rare(pictureFields.count.optional().describe("How many pictures, 1 to 8.")),
    scale: z.literal([2, 3, 4]).optional().describe("For an upscale: another scale."),
    text: z.string().trim().min(1).optional().describe("Other words to speak."),
    voice: z.string().trim().min(1).max(80).optional().describe("Another voice."),
    speed: rare(z.number().min(0.5).max(2).optional().describe("Of speech.")),
    seconds: z.number().min(0.1).max(120).optional().describe("Another length."),
    motion: z.int().min(1).max(10).optional().describe("How much moves."),
  }),
  positional: ["job_id"],
  annotations: { readOnly: false, destructive: false, idempotent: false },

  submits: ({ job_id, ...fields }, { studio, principal }) => studio.rerolled(principal, job_id, given(fields)),

  async answer({ job_id, ...fields }, { studio, principal, key, origin, traceparent, face, approval, delivery }) {
    const job = await studio.reroll(principal, job_id, given(fields), {
      ...(key ? { key } : {}),
      ...(origin ? { origin } : {}),
      ...(traceparent ? { traceparent } : {}),
      ...(face ? { face } : {}),
      ...(approval !== undefined ? { approval } : {}),
      ...(delivery ? { delivery } : {}),
    });
    return { ...(await jobAnswer(studio, job)), follow: true };
  },
});
