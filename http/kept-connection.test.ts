/** Requests that share a connection, and those that must not. */
import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createHttpClient } from "./client.ts";
import { startOddServer } from "./testing/odd-server.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const serve = (listener: RequestListener) => startOddServer(listener, ends);

describe("a connection that is kept", () => {
  const tools = JSON.stringify({
    tools: ["get_job", "pause"].map((name) => ({ name, annotations: { readOnly: name === "get_job" } })),
  });

  it("carries what only looks; what would be done twice has its own", async () => {
    const sockets = new Set<object>();
    const url = await serve(({ url: path, socket }, answer) => {
      sockets.add(socket);
      answer.end(path === "/v1/tools" ? tools : "{}");
    });
    const client = createHttpClient({ url });
    await client.tools();
    for (let time = 0; time < 3; time++) await client.job("job_x");
    await client.invoke("get_job", {});
    await client.link("art_x");
    expect(sockets.size).toBe(1);
    await client.invoke("pause", {});
    await client.invoke("pause", {});
    await client.cancel("job_x");
    expect(sockets.size).toBe(4);
  });

  it("and died between two requests is no failure: it is asked once more, on a fresh one", async () => {
    const used = new Set<object>();
    let asked = 0;
    const url = await serve(({ socket }, answer) => {
      asked += 1;
      if (used.has(socket)) return void socket.destroy();
      used.add(socket);
      answer.end('{"id":"job_x"}');
    });
    const client = createHttpClient({ url });
    await client.job("job_x");
    expect(await client.job("job_x")).toEqual({ id: "job_x" });
    expect(asked).toBe(3);
  });

  it("is no reason to ask a dead studio for ever", async () => {
    const used = new Set<object>();
    const url = await serve(({ socket }, answer) => {
      if (used.size > 0) return void socket.destroy();
      used.add(socket);
      answer.end("{}");
    });
    const client = createHttpClient({ url });
    await client.job("job_x");
    await expect(client.job("job_x")).rejects.toMatchObject({ code: "not_running", absent: false });
  });
});
