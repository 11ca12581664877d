/** The listener for those that watch: what it tells, what it refuses, and how it ends. */
import { request } from "node:http";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../core/failure.ts";
import { silentLog } from "../core/log.ts";
import { listenForMetrics, type MetricsListener, type MetricsListenerParts } from "./metrics-listener.ts";

const open: MetricsListener[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()));
});
const metrics = { text: async () => ({ contentType: "text/plain; version=0.0.4", body: "a 1\n" }) };
async function listening(more: Partial<MetricsListenerParts> = {}): Promise<MetricsListener> {
  const listener = await listenForMetrics({ host: "127.0.0.1", port: 0, metrics, ready: async () => undefined, log: silentLog, ...more });
  open.push(listener);
  return listener;
}
/** fetch would tidy the path up. */
const raw = (port: number, path: string, method = "GET", body = "") =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = { "content-length": body.length };
    const asked = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end(body);
  });

describe("the metrics listener", () => {
  it("tells metrics, life and readiness without a key", async () => {
    const { url } = await listening();
    const told = await fetch(`${url}/metrics`);
    expect([told.status, told.headers.get("content-type"), await told.text()]).toEqual([200, "text/plain; version=0.0.4", "a 1\n"]);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: "ok", name: "myspinbot" });
    expect(await (await fetch(`${url}/readyz?verbose`)).json()).toEqual({ status: "ready" });
    const head = await fetch(`${url}/metrics`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "4", ""]);
  });

  it("has nothing else: other paths are unknown, other methods refused", async () => {
    const { url, port } = await listening();
    for (const path of ["/", "/v1/jobs", "/metrics/", "/METRICS", "/livez/..", "//metrics", "/__proto__", "/constructor", "/%6detrics"])
      expect([path, await raw(port, path)]).toEqual([path, 404]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
      expect([method, await raw(port, "/metrics", method, "x".repeat(1000))]).toEqual([method, 405]);
    const refused = await fetch(`${url}/metrics`, { method: "POST" });
    expect(refused.headers.get("allow")).toBe("GET, HEAD");
    expect(await refused.json()).toMatchObject({ error: { code: "unknown_route", message: "Only GET and HEAD work here." } });
    expect(await (await fetch(`${url}/v1/status`)).text()).toContain("/metrics");
  });

  it("is not ready while its work cannot be done, and says why; it lives all the same", async () => {
    let down: Error | undefined = new Failure("database_unavailable", "The database does not answer.", { retryable: true });
    const ready = async () => {
      if (down) throw down;
    };
    const { url } = await listening({ ready });
    const refused = await fetch(`${url}/readyz`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toEqual({
      error: { code: "database_unavailable", message: "The database does not answer.", retryable: true },
    });
    down = new Error("password=secret at /srv/x");
    expect(await (await fetch(`${url}/readyz`)).text()).not.toMatch(/secret|srv/);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    down = undefined;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it("readiness that never comes is none", async () => {
    const { url } = await listening({ ready: () => new Promise(() => undefined), readyMs: 20 });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  it("metrics that cannot be told are an error without details", async () => {
    const text = () => Promise.reject(new Error("secret"));
    const { url } = await listening({ metrics: { text } });
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, (await answer.text()).includes("secret")]).toEqual([500, false]);
  });

  it("a port that is taken is told with the setting that changes it", async () => {
    const { port } = await listening();
    const failure = await listening({ port }).catch((error: unknown) => error as Failure);
    expect(failure).toMatchObject({ code: "config", message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) });
    expect((failure as Failure).message).toContain("MYSPINBOT_METRICS_PORT");
  });

  it("an address that this machine lacks is told with the setting that changes it", async () => {
    for (const host of ["192.0.2.1", "no-such-host.invalid"])
      await expect(listening({ host })).rejects.toMatchObject({
        code: "config",
        message: expect.stringContaining("MYSPINBOT_METRICS_HOST"),
      });
  });

  it("ends at once, whoever still waits, and its port is free again", async () => {
    const { port, url, close } = await listening({ ready: () => new Promise(() => undefined) });
    const waits = fetch(`${url}/readyz`).catch(() => "broken off");
    await fetch(`${url}/livez`);
    await close();
    expect(await waits).toBe("broken off");
    const again = createServer();
    await new Promise<void>((resolve, reject) => again.once("error", reject).listen(port, "127.0.0.1", resolve));
    await new Promise((resolve) => again.close(resolve));
  });
});
