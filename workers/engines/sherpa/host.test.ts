import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../../core/log.ts";
import type { ChildTask } from "./child.ts";
import { createHost, type Host } from "./host.ts";
import { findModel } from "./models.ts";
import { folderWith, pocketFiles, removeAll } from "./testing/files.ts";

const open: Host[] = [];
afterEach(async () => {
  for (const host of open.splice(0)) await host.close();
  await removeAll();
});

const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
let starts = 0;

function fakeHost(): Host {
  starts = 0;
  const host = createHost({
    log: silentLog,
    start() {
      starts++;
      return fork(fileURLToPath(new URL("./testing/fake-child.ts", import.meta.url)), {
        execArgv: ["--import", tsx],
        serialization: "advanced",
        silent: true,
      });
    },
  });
  open.push(host);
  return host;
}

const never = new AbortController().signal;
const task = (text: string, config: Record<string, string> = {}): ChildTask => ({
  ...{ model: { kind: "pocket", config }, threads: 1 },
  say: { text, speed: 1, seed: 1, reference: { samples: Float32Array.of(0.1), sampleRate: 16_000 }, transcript: "" },
});
const first = ({ samples }: { samples: Float32Array }) => Math.round((samples[0] ?? 0) * 10);

describe("the speaking process", () => {
  it("is one for many lines, and another one for another model", async () => {
    const host = fakeHost();
    const lines = await Promise.all([host.say(task("one"), never), host.say(task("two"), never)]);
    expect(lines.map(first)).toEqual([1, 2]);
    expect(starts).toBe(1);
    expect(first(await host.say(task("three", { encoder: "another" }), never))).toBe(1);
    expect(starts).toBe(2);
  });

  it("is ended by an abort, and the next line has a new one", async () => {
    const host = fakeHost();
    const stop = new AbortController();
    const hanging = host.say(task("hang"), stop.signal);
    const behind = host.say(task("next"), never);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(hanging).rejects.toThrow("enough");
    expect(first(await behind)).toBe(1);
    expect(starts).toBe(2);
  });

  it.each([
    ["that cannot speak a line", "error", "engine_failed", /could not speak a line/],
    ["that lacks the package", "absent", "engine_unavailable", /npm install --include=optional/],
  ] as const)("%s is told in plain words", async (_what, text, code, message) => {
    await expect(fakeHost().say(task(text), never)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("that ends itself, as with a broken model, is told in plain words and takes nothing with it", async () => {
    const host = fakeHost();
    await expect(host.say(task("crash"), never)).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringMatching(/Download the model again/),
    });
    expect(first(await host.say(task("again"), never))).toBe(1);
  });

  it("of the real package survives for us what kills it: files that are no models", async () => {
    const found = await findModel(await folderWith(pocketFiles));
    if (!("model" in found)) throw new Error("not found");
    const host = createHost({ log: silentLog });
    open.push(host);
    const asked = host.say({ ...task("Hello."), model: found.model }, never);
    // where the optional package is not installed, that is what is said
    await expect(asked).rejects.toMatchObject({
      code: expect.stringMatching(/^engine_(failed|unavailable)$/),
      message: expect.not.stringContaining("/"),
    });
  });
});
