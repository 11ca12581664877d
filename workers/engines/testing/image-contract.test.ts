/** Every engine that draws, held to the same promises. */
import { adapterFor as a1111For, pair as a1111Pair, closeAll as closeA1111 } from "../a1111/testing/setup.ts";
import { closeAll as closeComfyui, adapterFor as comfyuiFor, pair as comfyuiPair, until } from "../comfyui/testing/setup.ts";
import { createPreview } from "../preview/preview.ts";
import { imageContract } from "./image-contract.ts";
import { programContract } from "./image-contract-program.ts";
import type { ImageRig } from "./image-contract-rig.ts";

/** Minutes. */
const hardly = 0.004;
const stepMs = 5;

const comfyuiRig = (dialect: "new" | "old") => async (): Promise<ImageRig> => {
  const { fake, comfyui } = await comfyuiPair({ dialect, stepMs });
  let stranger = "";
  return {
    ...{ engine: comfyui, model: "sd15.safetensors", preview: false, close: closeComfyui },
    program: {
      lora: "ink-sd15",
      impatient: () => comfyuiFor(fake.url, { waitMinutes: hardly }),
      ...{ stop: fake.stop, start: fake.start },
      webPage() {
        fake.faults.html = true;
      },
      garbage: () =>
        comfyuiFor(fake.url, {
          fetch: async (input, init) => {
            const picture = String(input).includes("/view?");
            return picture ? new Response("no picture at all", { headers: { "content-type": "image/png" } }) : fetch(input, init);
          },
        }),
      outOfMemory: () => void fake.faults.nodes.push({ node: "KSampler", kind: "oom" }),
      async foreign(steps) {
        stranger = await fake.submitForeign({ steps });
        const state = () => fake.prompts().find(({ id }) => id === stranger)?.state;
        await until("the stranger's runs", () => state() === "running");
        return () => (state() === "completed" ? "done" : state() === "running" ? "runs" : "stopped");
      },
      ours: () => fake.prompts().filter(({ id, state }) => id !== stranger && (state === "running" || state === "pending")).length,
    },
  };
};

const a1111Rig = (dialect: "a1111" | "forge") => async (): Promise<ImageRig> => {
  const { fake, a1111 } = await a1111Pair({ dialect, stepMs });
  return {
    ...{ engine: a1111, model: "sd15.safetensors", preview: false, close: closeA1111 },
    program: {
      lora: "ink-sd15",
      impatient: () => a1111For(fake.url, { waitMinutes: hardly }),
      ...{ stop: fake.stop, start: fake.start },
      webPage() {
        fake.faults.html = true;
      },
      outOfMemory: () => void fake.faults.draw.push("oom"),
      garbage() {
        fake.faults.draw = Array<"no-picture">(9).fill("no-picture");
        return a1111;
      },
      async foreign(steps) {
        const stranger = fake.submitForeign({ steps });
        const state = () => fake.tasks().find(({ id }) => id === stranger)?.state;
        await until("the stranger's runs", () => state() === "running");
        return () => (state() === "done" ? "done" : state() === "running" ? "runs" : "stopped");
      },
      ours: () => fake.tasks().filter(({ foreign, state }) => !foreign && (state === "running" || state === "queued")).length,
    },
  };
};

for (const [name, setup] of [
  ["ComfyUI, new", comfyuiRig("new")],
  ["ComfyUI, old", comfyuiRig("old")],
  ["A1111", a1111Rig("a1111")],
  ["Forge", a1111Rig("forge")],
] as const) {
  imageContract(name, setup);
  programContract(name, setup);
}
imageContract("the preview", async () => ({ engine: createPreview({ stepMs }), model: "preview", preview: true, close: async () => {} }));
