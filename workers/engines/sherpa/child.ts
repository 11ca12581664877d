/** Entry of a process of its own: sherpa-onnx ends its whole process where a model file is broken, and what it holds goes with it. */
import type { SherpaModel } from "./models.ts";
import { packageName, type SherpaPackage } from "./package.ts";
import { loadVoice, type SayTask, type Voice } from "./voice.ts";

export interface ChildTask {
  model: Pick<SherpaModel, "kind" | "config">;
  threads: number;
  say: SayTask;
}

/** `load`: the package or the model, `say`: the line. */
export type ChildAnswer = { samples: Float32Array; sampleRate: number } | { error: string; at: "load" | "say" };

let voice: Voice | undefined;

async function answerTo({ model, threads, say }: ChildTask): Promise<ChildAnswer> {
  try {
    if (!voice) {
      const { default: sherpa } = (await import(packageName)) as { default: SherpaPackage };
      voice = loadVoice(sherpa, model, threads);
    }
  } catch (error) {
    return { error: String(error), at: "load" };
  }
  try {
    return voice.say(say);
  } catch (error) {
    return { error: String(error), at: "say" };
  }
}

process.on("message", async (task: ChildTask) => {
  const answer = await answerTo(task);
  process.send?.(answer);
});
// whoever asked is gone
process.on("disconnect", () => process.exit(0));
