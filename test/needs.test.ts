/** In the whole product: a job that waits for another is shown so, outlives the server, and starts by itself; one whose need fails ends with words. */
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { assetIdOf } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import type { JobView } from "../core/view.ts";
import { keeper, keepingAsset, useAsset } from "../workers/testing/asset-tool.ts";
import { scriptedEngine } from "../workers/testing/scripted-engine.ts";
import { type Product, startProduct, textOf } from "./setup/product.ts";

interface Gate {
  promise: Promise<void>;
  open(): void;
  fail(failure: Failure): void;
}

function gate(): Gate {
  const made = {} as Gate;
  made.promise = new Promise((resolve, reject) => Object.assign(made, { open: resolve, fail: reject }));
  made.promise.catch(() => undefined);
  return made;
}

let product: Product;
let ready = gate();

beforeAll(async () => {
  product = await startProduct({}, { tools: [keepingAsset(() => ready.promise), useAsset], engines: [scriptedEngine(keeper)] });
}, 90_000);
afterAll(() => product?.close());

async function submit(tool: string, name: string): Promise<JobView> {
  const invoked = await product.client.invoke(tool, { name, kind: "lora" });
  if (invoked.kind !== "job") throw new Error(`${tool} made no job`);
  return invoked.job;
}

const content = async (job: JobView) => text(await product.client.download(job.artifacts[0]?.id ?? ""));

it("waits, over a restart, and then works with what was made", async () => {
  ready = gate();
  const made = await submit("keep_asset", "biscuit");
  const used = await submit("use_asset", "Biscuit");
  expect(used).toMatchObject({ state: "queued", blocked: true, needs: [made.id] });
  await product.restart();
  expect(await product.client.job(used.id)).toMatchObject({ state: "queued", blocked: true });
  expect(textOf(await product.say(`/job ${used.id}`))).toContain('when "Keep: biscuit"');
  ready.open();
  const done = await product.ended(used.id);
  expect([done.state, done.attempt, done.error]).toEqual(["succeeded", 1, undefined]);
  expect(done).not.toHaveProperty("blocked");
  expect(await content(done)).toBe(assetIdOf(made.id));
  // by now it is there: nothing is waited for
  const again = await submit("use_asset", "biscuit");
  expect(again).not.toHaveProperty("needs");
  expect(await content(await product.ended(again.id))).toBe(assetIdOf(made.id));
}, 120_000);

it("ends with what to do where the other fails, and goes on when both are started again", async () => {
  ready = gate();
  const made = await submit("keep_asset", "crumb");
  const used = await submit("use_asset", "crumb");
  ready.fail(new Failure("engine_failed", "It broke."));
  const failed = await product.ended(used.id);
  expect(failed.error).toMatchObject({ code: "needs_failed", message: expect.stringContaining(`Retry job ${made.id} first`) });
  const retry = (id: string) => product.client.invoke("retry_job", { job_id: id });
  await expect(retry(used.id)).rejects.toMatchObject({ code: "needs_failed" });
  ready = gate();
  await retry(made.id);
  expect(await retry(used.id)).toMatchObject({ kind: "answer", text: expect.stringContaining(`waits for ${made.id}`) });
  ready.open();
  expect((await product.ended(used.id)).state).toBe("succeeded");
}, 120_000);
