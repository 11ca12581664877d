/** A studio that has ended is found again, once for all who ask. */
import { expect, it } from "vitest";
import type { Client } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import { revivingClient } from "./reviving.ts";
import { done, jobView, scriptedClient } from "./testing/scripted-client.ts";

const gone = () => Promise.reject(new Failure("not_running", "It does not run."));

function pair(): { client: Client; starts: () => number } {
  let starts = 0;
  const dead: Client = {
    ...scriptedClient(),
    job: gone,
    // biome-ignore lint/correctness/useYield: it ends before its first part
    chat: async function* () {
      await gone();
    },
  };
  const alive: Client = { ...scriptedClient([done()]), job: async (id) => jobView(id, "succeeded") };
  return {
    client: revivingClient(dead, async () => {
      starts++;
      return alive;
    }),
    starts: () => starts,
  };
}

it("starts it once for many calls", async () => {
  const { client, starts } = pair();
  const jobs = await Promise.all(["job_a", "job_b", "job_c"].map((id) => client.job(id)));
  expect(jobs.map((job) => job.state)).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(starts()).toBe(1);
});

it("asks a turn again that got no answer at all", async () => {
  const { client } = pair();
  const parts = [];
  for await (const part of client.chat({ text: "draw" })) parts.push(part.type);
  expect(parts).toEqual(["done"]);
});

it("passes every other failure on", async () => {
  const client = revivingClient({ ...scriptedClient(), job: () => Promise.reject(new Failure("unknown_job", "None.")) }, async () => {
    throw new Error("not to be started");
  });
  await expect(client.job("job_a")).rejects.toMatchObject({ code: "unknown_job" });
});
