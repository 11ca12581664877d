import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Log } from "../../../core/log.ts";
import type { DrawFault } from "./testing/fake-faults.ts";
import { adapterFor, closeAll, failureOf, jobRun, pair, request } from "./testing/setup.ts";

afterEach(closeAll);

function keepingLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (facts: object) => void lines.push(JSON.stringify(facts));
  const log: Log = { debug() {}, info: keep, warn: keep, error: keep, child: () => log };
  return { log, lines };
}

const words: [DrawFault, string, boolean, RegExp][] = [
  ["oom", "out_of_memory", false, /ran out of memory.*smaller picture.*--medvram/],
  ["nan", "engine_failed", false, /no picture \(NaN\).*--no-half/],
  ["fail", "engine_failed", true, /RuntimeError.*status 500.*Retry/],
  ["unprocessable", "engine_rejected", false, /steps.*Update it/],
  ["garbage", "engine_failed", true, /answer is not one of A1111's/],
  ["no-picture", "engine_failed", true, /no whole picture/],
  ["broken-picture", "engine_failed", true, /no whole picture/],
  ["wrong-size", "engine_failed", true, /56x56 pixels instead of 64x64/],
  ["stuck", "engine_failed", true, /Retry/],
];

describe.each(["a1111", "forge"] as const)("errors of %s in plain words", (dialect) => {
  it.each(words)("%s", async (fault, code, retryable, message) => {
    const { fake, a1111 } = await pair({ dialect });
    fake.faults.draw = [fault];
    const { log, lines } = keepingLog();
    const run = Object.assign(jobRun(), { log });
    const failure = await failureOf(a1111.image.render(request(), run));
    expect(failure).toMatchObject({ code, retryable, message: expect.stringMatching(message) });
    expect(failure.message).not.toMatch(/home|secret|traceback/i);
    expect(run.saved).toEqual([]);
    if (fault === "fail") expect(lines.join()).toContain("secret.bin");
    // what failed keeps nothing from the next one
    const next = jobRun();
    await a1111.image.render(request(), next);
    expect(next.saved).toHaveLength(1);
  });

  it("says so when the person interrupts it at its own page: a half drawn picture is no result", async () => {
    const { fake, a1111 } = await pair({ dialect, stepMs: 10 });
    for (const what of ["interrupt", "skip"] as const) {
      let pressed = false;
      const run = jobRun({
        onProgress({ stage }) {
          if (stage !== "sampling" || pressed) return;
          pressed = true;
          fake.press(what);
        },
      });
      const failure = await failureOf(a1111.image.render(request({ steps: 100 }), run));
      expect(failure).toMatchObject({ code: "engine_failed", message: expect.stringContaining("interrupted inside A1111/Forge itself") });
      expect(run.saved).toEqual([]);
    }
  });
});

describe("what stands in the way", () => {
  it.each([
    [
      "a web page",
      {
        html: true,
        options: {},
        code: "engine_rejected",
        message: /web page.*A1111_URL.*--api/,
      },
    ],
    ["no --api", { html: false, options: { noApi: true }, code: "engine_rejected", message: /Start A1111\/Forge with --api/ }],
    ["--nowebui", { html: false, options: { noPage: true }, code: "engine_rejected", message: /without --nowebui/ }],
    ["a login", { html: false, options: { auth: "me:secret" }, code: "engine_rejected", message: /A1111_AUTH/ }],
  ])("%s is named, with the remedy", async (_what, { html, options, code, message }) => {
    const { fake, a1111 } = await pair(options);
    fake.faults.html = html;
    const failure = await failureOf(a1111.image.render(request(), jobRun()));
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(fake.tasks()).toHaveLength(0);
  });

  it("a version that takes no task id is told by that nobody knows the task", async () => {
    const { fake, a1111 } = await pair({ old: true, stepMs: 10 }, { timings: { unknown: 100, late: 10 } });
    const failure = await failureOf(a1111.image.render(request({ steps: 200 }), jobRun()));
    expect(failure).toMatchObject({ code: "engine_outdated", message: expect.stringMatching(/A1111 1\.8 or newer/) });
    // whose work it is cannot be told, so it is left alone
    expect(fake.calls.some(({ path }) => path.endsWith("/interrupt"))).toBe(false);
  });

  it("a login is taken from the settings, or from the address, and never shown", async () => {
    const { fake, a1111 } = await pair({ auth: "me:s3cret" }, { user: "me", password: "s3cret" });
    await a1111.image.render(request(), jobRun());
    const inAddress = adapterFor(fake.url.replace("//", "//me:s3cret@"));
    await inAddress.image.render(request(), jobRun());
    expect(fake.tasks().map(({ state }) => state)).toEqual(["done", "done"]);
    expect(JSON.stringify(await inAddress.status())).not.toContain("s3cret");
    const wrong = adapterFor(fake.url, { user: "me", password: "wr0ng" });
    const failure = await failureOf(wrong.image.render(request(), jobRun()));
    expect(failure.message).not.toContain("wr0ng");
  });

  it("another program at that address is told from A1111", async () => {
    const other = createServer((_request, response) => void response.end('{"models":[]}'));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    expect(await adapterFor(url).status()).toMatchObject({
      state: "down",
      note: expect.stringContaining("does not answer /sdapi/v1/memory as A1111/Forge does"),
    });
    await new Promise((resolve) => other.close(resolve));
  });
});
