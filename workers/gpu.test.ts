/** Who gives memory of the card back, and when. */
import { describe, expect, it } from "vitest";
import { silentLog } from "../core/log.ts";
import { createGpu } from "./gpu.ts";
import { engineList, scriptedEngine } from "./testing/scripted-engine.ts";

function card(freeGb: number | undefined, heldByOther = 0, vramGb = 16) {
  const released: string[] = [];
  let free = freeGb;
  const engine = scriptedEngine("comfyui", {
    gpu: true,
    status: async () => ({ id: "comfyui", title: "ComfyUI", state: "ready", ...(free === undefined ? {} : { vramFreeGb: free }) }),
    release: async () => void released.push("comfyui"),
  });
  const other = scriptedEngine("trainer", {
    gpu: true,
    release: async () => {
      released.push("trainer");
      if (free !== undefined) free += heldByOther;
    },
  });
  const gpu = createGpu({
    engines: engineList(engine, other, scriptedEngine("cpu")),
    releaseChatModel: async () => void released.push("chat"),
    vramGb,
    log: silentLog,
  });
  const room = (family: string, vramGb: number, signal = new AbortController().signal) =>
    gpu.makeRoom(engine, { family, vramGb }, signal, () => undefined);
  return { gpu, room, released, engine };
}

describe("room on the card", () => {
  it("what fits beside the others leaves them alone", async () => {
    const { room, released } = card(12);
    await room("comfy-sd15", 4);
    expect(released).toEqual([]);
  });

  it("no more is used than the person allows, whatever is free", async () => {
    const { room, released } = card(20, 0, 8);
    await room("comfy-sdxl", 11);
    expect(released).toEqual(["chat", "trainer"]);
  });

  it("what does not fit takes the chat model's and the other engines' memory first", async () => {
    const { room, released } = card(3, 12);
    await room("comfy-sdxl", 11);
    expect(released).toEqual(["chat", "trainer"]);
  });

  it("its own engine's models go only where that was not enough and another family was there", async () => {
    const { room, released } = card(3);
    await room("comfy-sdxl", 11);
    expect(released).toEqual(["chat", "trainer"]);
    released.length = 0;
    await room("comfy-svd", 12);
    expect(released).toEqual(["chat", "trainer", "comfyui"]);
  });

  it("the family that holds the card asks nobody", async () => {
    const { room, released } = card(undefined);
    await room("comfy-sdxl", 11);
    expect(released).toEqual(["chat", "trainer"]);
    released.length = 0;
    await room("comfy-sdxl", 11);
    expect(released).toEqual([]);
  });

  it("a release that fails does not end the job; a cancel does", async () => {
    const { room, engine } = card(1);
    engine.release = async () => {
      throw new Error("busy");
    };
    await room("a", 8);
    await room("b", 8);
    const reason = new Error("canceled");
    await expect(room("c", 8, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("when the person wants the PC, everything goes, and the next job makes room anew", async () => {
    const { gpu, room, released } = card(1);
    await room("a", 8);
    released.length = 0;
    await gpu.releaseAll(new AbortController().signal);
    expect(released).toEqual(["chat", "comfyui", "trainer"]);
    released.length = 0;
    await room("a", 8);
    expect(released).toEqual(["chat", "trainer"]);
  });
});
