/** SDK clients over stdio whose process is killed in a submit or in a wait, and that start another. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { connectStdio, kinds, type TestClient } from "../../../mcp-server/testing/clients.ts";
import { main, send } from "../product.ts";
import { pick } from "../random.ts";
import { newStory, render, type Scene, type Story, submit, waitUntilDone, within } from "./story.ts";

const mark = "DROPS_RUN";

/** The process that a client started for itself. */
async function processOf(name: string): Promise<number> {
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const set = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (set.split("\0").includes(`${mark}=${name}`)) return Number(pid);
  }
  throw new Error("the client's process is not found");
}

export function overStdio(call: "render_image" | "wait_for_job"): (scene: Scene) => Promise<Story> {
  return async (scene) => {
    const { chance, product, idempotencyKey } = scene;
    const kind = pick(kinds, chance);
    const ms = call === "render_image" ? within(chance, 0, 10 * 4 ** within(chance, 0, 3)) : within(chance, 0, 300);
    const story = newStory(`${kind}, killed ${ms} ms after the call`);
    let client: TestClient | undefined;
    let starts = 0;
    let dead = false;
    const start = async (): Promise<TestClient> => {
      const env = { ...product.env, [mark]: `${idempotencyKey}-${starts++}` };
      return connectStdio(kind, { command: process.execPath, args: [main, "mcp"], env });
    };
    const open = async (): Promise<TestClient> => {
      if (dead || !client) {
        await client?.close().catch(() => undefined);
        dead = false;
        client = await start();
      }
      return client;
    };
    const strike = async (pid: number): Promise<void> => {
      await sleep(ms);
      send(pid, "SIGKILL");
      dead = true;
    };
    try {
      await (await open()).tools();
      const pid = await processOf(`${idempotencyKey}-0`);
      const struck = call === "render_image" ? strike(pid) : undefined;
      const job = await submit(story, open, render(scene));
      if (struck) story.cut = story.again > 0;
      await struck;
      const later = call === "wait_for_job" ? strike(pid) : undefined;
      await waitUntilDone(story, open, job, chance() < 0.5 ? () => undefined : undefined);
      if (later) story.cut = story.again > 0;
      await later;
      return story;
    } finally {
      await client?.close().catch(() => undefined);
    }
  };
}
