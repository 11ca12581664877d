/** A child that speaks its protocol without any model: what it does is said by the text of the line. */
import type { ChildTask } from "../child.ts";

let lines = 0;

process.on("message", ({ say }: ChildTask) => {
  lines++;
  if (say.text === "crash") process.kill(process.pid, "SIGABRT");
  if (say.text === "hang") return;
  if (say.text === "error") return void process.send?.({ error: "no words", at: "say" });
  if (say.text === "absent") return void process.send?.({ error: "Error: Cannot find package 'sherpa-onnx-node'", at: "load" });
  process.send?.({ sampleRate: 24_000, samples: Float32Array.from({ length: 240 }, () => lines / 10) });
});
process.on("disconnect", () => process.exit(0));
