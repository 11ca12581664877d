import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { silentLog } from "../../../core/log.ts";
import { createHttp } from "./http.ts";
import { defaultTimings, type Timings } from "./options.ts";
import { createSharedSocket } from "./socket.ts";
import { comfyRun } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const deaf = { onEvent() {}, onChange() {} };

async function socketTo(timings: Partial<Timings>) {
  const fake = await fakeOf();
  let unused = 0;
  const socket = createSharedSocket(
    { http: createHttp(fake.url, fetch, 2_000), timings: { ...defaultTimings, retry: 20, ...timings }, clientId: "msb-1", log: silentLog },
    () => unused++,
  );
  return { fake, socket, unused: () => unused };
}

describe("the shared progress socket", () => {
  it("stays open between jobs, and closes when none came for a while", async () => {
    const { fake, socket, unused } = await socketTo({ idle: 80 });
    const first = socket.use(deaf);
    await until("it is open", () => first.open);
    first.release();
    const second = socket.use(deaf);
    expect(second.open).toBe(true);
    // longer than an unused one is kept
    await sleep(150);
    expect(second.open).toBe(true);
    second.release();
    await until("it is closed", () => fake.openSockets === 0);
    expect(socket.open).toBe(false);
    expect(unused()).toBe(1);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(1);
  });

  it("rule 5: is opened for a job that comes while it closes only after it is closed", async () => {
    const { fake, socket } = await socketTo({ idle: 0 });
    let most = 0;
    for (let round = 0; round < 10; round++) {
      const lease = socket.use(deaf);
      await until("it is open", () => {
        most = Math.max(most, fake.openSockets);
        return lease.open;
      });
      lease.release();
      await until("it closes", () => !socket.open);
    }
    expect(most).toBe(1);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(10);
    await socket.close();
    expect(fake.openSockets).toBe(0);
  });

  it("is not opened again after it was lost while nobody listened", async () => {
    const { fake, socket } = await socketTo({ idle: 60_000 });
    const lease = socket.use(deaf);
    await until("it is open", () => lease.open);
    lease.release();
    fake.dropSockets();
    await until("it is lost", () => !socket.open);
    await sleep(100);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(1);
    expect(socket.losses).toBe(1);
    const next = socket.use(deaf);
    await until("it is open again", () => next.open);
    await socket.close();
  });

  it("that the server forgot between two jobs is opened anew in the next one, soon", async () => {
    const fake = await fakeOf({ stepMs: 10 });
    const comfyui = adapterFor(fake.url, { timings: { idle: 60_000, silence: 1_000 } });
    await comfyui.image.render(request(), comfyRun());
    const other = new WebSocket(`${fake.url.replace("http", "ws")}/ws?clientId=${fake.prompts()[0]?.clientId}`);
    other.on("open", () => other.close());
    await until("it was forgotten", () => other.readyState === WebSocket.CLOSED && fake.openSockets === 1);
    const run = comfyRun();
    await comfyui.image.render(request({ steps: 60, seed: 5 }), run);
    expect(run.reported.some((report) => report.step === 60)).toBe(true);
    expect(fake.calls.filter((call) => call.method === "WS")).toHaveLength(3);
  });
});
