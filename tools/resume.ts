/** `resume`: work goes on after a pause. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";

export const resume = defineAnswerTool({
  name: "resume",
  title: "Resume the studio",
  alias: "resume",
  description: "Go on after pause: waiting jobs start again.",
  input: z.strictObject({}),
  annotations: { readOnly: false, destructive: false, idempotent: true },
  // it is everybody's card
  scope: "admin",

  async answer(_input, { studio }) {
    await studio.resume();
    return { text: "Resumed: waiting jobs start again.", data: { paused: false } };
  },
});
