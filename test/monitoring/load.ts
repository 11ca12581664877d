/** What a busy household does: pictures of two models, an enlargement, words, a failure, a cancel, deliveries that arrive and that do not. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../core/client.ts";
import type { JsonObject } from "../../core/json.ts";
import { createHttpClient } from "../../http/client.ts";
import type { Checks } from "../harness/checks.ts";
import { until } from "../harness/product.ts";
import type { House } from "./house.ts";

const models = ["sd15.safetensors", "sd_xl_base_1.0.safetensors"];

export interface Load {
  /** Once each: everything that is to be counted. */
  scene(): Promise<void>;
  /** Pictures again and again, so that something waits and something runs; ends when told. */
  keepBusy(): { end(): Promise<void> };
}

export function createLoad({ url, comfyui }: Pick<House, "url" | "comfyui">, checks: Checks): Load {
  const client: Client = createHttpClient({ url });
  const post = async (path: string, body: object): Promise<JsonObject> => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = (await answer.json()) as JsonObject;
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  };
  const submit = async (tool: string, input: JsonObject): Promise<string> => {
    const done = await client.invoke(tool, input);
    if (done.kind !== "job") throw new Error(`${tool} made no job: ${JSON.stringify(done)}`);
    return done.job.id;
  };
  const draw = (words: string, more: JsonObject = {}) =>
    submit("render_image", { prompt: words, width: 256, height: 256, steps: 8, ...more });
  const ended = (id: string) =>
    until(async () => {
      const job = await client.job(id);
      return ["succeeded", "failed", "canceled"].includes(job.state) && job;
    }, `${id} ends`);
  const say = async (text: string) => {
    const signal = AbortSignal.timeout(60_000);
    for await (const part of client.chat({ text }, signal)) if (part.type === "error") throw new Error(part.error.message);
  };
  const deliver = async (job: string, message: string): Promise<string> => {
    const told = await post("/v1/deliveries", { conversation: "kitchen", message, job, worker: "desk" });
    return (told["delivery"] as { id: string }).id;
  };

  return {
    async scene() {
      // the engine fails once, and the job with it
      comfyui.faults.nodes.push({ node: "KSampler", kind: "fail" });
      const failed = await ended(await draw("a picture that fails"));
      checks.check("a job fails where its engine does", failed.state === "failed", failed);
      const drawn = await ended(await draw("a fox", { model: models[0] as string }));
      const picture = drawn.artifacts?.[0]?.id ?? "";
      const others = [draw("a hare", { model: models[1] as string }), submit("upscale_image", { image: picture, scale: 2 })];
      const states = await Promise.all(others.map(async (id) => (await ended(await id)).state));
      checks.check(
        "pictures of two models and an enlargement succeed",
        states.every((state) => state === "succeeded"),
        states,
      );
      const long = await draw("a picture of many steps", { steps: 150 });
      await until(async () => (await client.job(long)).state === "running", "the long one runs");
      await client.cancel(long);
      checks.check("a job is canceled while it runs", (await ended(long)).state === "canceled");
      await say("/render a picture by a slash command --size 256x256 --steps 4");
      await say("Good morning!");
      await post(`/v1/deliveries/${await deliver(drawn.id, "m1")}/ack`, { worker: "desk" });
      await post(`/v1/deliveries/${await deliver(drawn.id, "m2")}/fail`, { worker: "desk", error: "the chat is away" });
      await deliver(drawn.id, "m3");
    },
    keepBusy() {
      let going = true;
      const loop = (async () => {
        for (let round = 0; going; round++) {
          await fetch(`${url}/v1/jobs/job_nobody`).then((answer) => answer.text());
          const open = await client.jobs(10).catch(() => []);
          if (open.filter(({ state }) => state === "queued").length < 3)
            await draw(`a picture for round ${round}`, { model: models[round % 2] as string });
          await sleep(300);
        }
      })();
      loop.catch((error: unknown) => checks.check("work can be submitted all the time", false, String(error)));
      return {
        async end() {
          going = false;
          await loop.catch(() => undefined);
        },
      };
    },
  };
}
