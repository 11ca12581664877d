/** `pause`: "I need my PC": no new work starts and VRAM is given back. */
import { z } from "zod";
import { defineAnswerTool } from "../core/tool.ts";

export const pause = defineAnswerTool({
  name: "pause",
  title: "Pause the studio",
  alias: "pause",
  description: "Give the graphics card back: no new job starts until resume. Nothing is lost; jobs wait.",
  input: z.strictObject({
    mode: z
      .enum(["finish", "park"])
      .default("finish")
      .describe("finish: let the running job end first. park: put it back in line and free the card now."),
  }),
  positional: ["mode"],
  annotations: { readOnly: false, destructive: false, idempotent: true },
  // it is everybody's card
  scope: "admin",

  async answer({ mode }, { studio }) {
    await studio.pause(mode);
    const text =
      mode === "park"
        ? "Paused: the running job went back in line and VRAM is being freed. Say resume to go on."
        : "Paused: the running job ends first, then VRAM is freed and nothing new starts. Say resume to go on.";
    return { text, data: { paused: true, mode } };
  },
});
