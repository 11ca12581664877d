import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { atStep, type ComfyRun, comfyRun, failureOf } from "./testing/run.ts";
import { adapterFor, closeAll, fakeOf, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const sampling = (run: ComfyRun) => run.reported.some((report) => report.stage === "sampling" && (report.step ?? 0) > 0);

describe.each(["new", "old"] as const)("when things break, against the %s dialect", (dialect) => {
  const posts = (calls: { method: string; path: string; body: unknown }[]) =>
    calls.filter((call) => call.method === "POST" && call.path === "/prompt").map((call) => (call.body as { prompt_id: string }).prompt_id);

  it("rule 1: a post whose answer is lost is asked about, and not posted again", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.post = ["lose-answer"];
    const run = comfyRun();
    await comfyui.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(posts(fake.calls)).toEqual(run.refs);
    expect(fake.prompts()).toHaveLength(1);
  });

  it("rule 1: a post whose answer comes too late is asked about, and not posted again", async () => {
    const { fake, comfyui } = await pair({ dialect }, { timings: { post: 50 } });
    fake.faults.postDelayMs = 400;
    const run = comfyRun();
    await comfyui.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(fake.prompts()).toHaveLength(1);
  });

  it("rule 1: a post that never arrived is posted again, under another id", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.post = ["lose-request"];
    const run = comfyRun();
    await comfyui.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(run.refs).toHaveLength(2);
    expect(new Set(posts(fake.calls)).size).toBe(2);
    expect(fake.prompts().map((prompt) => prompt.id)).toEqual([run.refs[1]]);
  });

  it("rule 3: after a restart in mid-prompt the job is lost, never done; it waits and posts anew within the attempt", async () => {
    const fake = await fakeOf({ dialect, stepMs: 5 });
    const comfyui = adapterFor(fake.url);
    let restarted: Promise<void> | undefined;
    const run = comfyRun({
      onProgress: atStep(3, () => {
        restarted = fake.restart({ downMs: 200 });
      }),
    });
    await comfyui.image.render(request({ steps: 30 }), run);
    await restarted;
    expect(run.saved).toHaveLength(1);
    expect(run.refs).toHaveLength(2);
    expect(fake.prompts().map((prompt) => prompt.id)).toEqual([run.refs[1]]);
    expect(run.reported.find((report) => report.note?.includes(fake.url))).toMatchObject({
      stage: "waiting",
      note: `ComfyUI at ${fake.url} does not answer; waiting up to 1 minute`,
    });
    const fractions = run.reported.map((report) => report.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it("rule 3: a ComfyUI that restarts again and again costs posts, not the attempt", async () => {
    const fake = await fakeOf({ dialect, stepMs: 5 });
    const comfyui = adapterFor(fake.url);
    let restarts = 0;
    let last = Promise.resolve();
    const run = comfyRun({
      onProgress: ({ stage, step = 0 }) => {
        // once a post
        if (stage !== "sampling" || step < 2 || restarts >= 3 || run.refs.length <= restarts) return;
        restarts++;
        last = last.then(() => fake.restart());
      },
    });
    await comfyui.image.render(request({ steps: 30 }), run);
    await last;
    expect(run.refs).toHaveLength(4);
    expect(run.saved).toHaveLength(1);
  });

  it("uploads again after a restart, which empties the temp folder", async () => {
    const fake = await fakeOf({ dialect, stepMs: 5 });
    const comfyui = adapterFor(fake.url);
    const sharp = (await import("sharp")).default;
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    let restarted: Promise<void> | undefined;
    const run = comfyRun({
      files: { art_1: { bytes } },
      onProgress: atStep(3, () => {
        restarted = fake.restart();
      }),
    });
    await comfyui.image.render(request({ steps: 30, init: { image: "art_1", strength: 0.5 } }), run);
    await restarted;
    expect(run.saved).toHaveLength(1);
    expect(fake.calls.filter((call) => call.path === "/upload/image")).toHaveLength(2);
  });

  it("waits for a ComfyUI that is down before the job, with a note, then draws", async () => {
    const fake = await fakeOf({ dialect });
    await fake.stop();
    const comfyui = adapterFor(fake.url);
    const run = comfyRun();
    const work = comfyui.image.render(request(), run);
    await until("it says that it waits", () =>
      run.reported.some((report) => report.stage === "waiting" && report.note?.includes("does not answer")),
    );
    await fake.start();
    await work;
    expect(run.saved).toHaveLength(1);
  });

  it("gives up after the limit with what to do", async () => {
    const fake = await fakeOf({ dialect });
    await fake.stop();
    const error = await failureOf(adapterFor(fake.url, { waitMinutes: 0.002 }).image.render(request(), comfyRun()));
    expect(error).toMatchObject({ code: "engine_unavailable", retryable: true });
    expect(error.message).toContain(`Start it (python main.py --listen 127.0.0.1 --port ${fake.port}`);
  });

  it("rule 3: the result survives a dead socket, and one that can never be opened", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 5 });
    const run = comfyRun({ onProgress: atStep(2, () => fake.dropSockets()) });
    await comfyui.image.render(request({ steps: 20 }), run);
    expect(run.saved).toHaveLength(1);
    fake.faults.refuseSockets = true;
    fake.dropSockets();
    const blind = comfyRun();
    await comfyui.image.render(request({ seed: 7 }), blind);
    expect(blind.saved).toHaveLength(1);
  });

  it("rule 5: a dropped socket is opened anew after the old one is closed, with the flag again, and goes on reporting", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 8 });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, fake.openSockets);
    }, 1);
    let dropped = 0;
    const run = comfyRun({
      onProgress: atStep(3, () => {
        fake.dropSockets();
        dropped = run.previews.length;
      }),
    });
    await comfyui.image.render(request({ steps: 40 }), run);
    clearInterval(watch);
    const opened = fake.calls.filter((call) => call.method === "WS").length;
    expect(opened).toBeGreaterThan(1);
    const flag = { type: "feature_flags", data: { supports_preview_metadata: true } };
    expect(fake.greetings).toEqual(Array.from({ length: opened }, () => flag));
    expect(most).toBe(1);
    expect(run.previews.length).toBeGreaterThan(dropped + 3);
    expect(run.reported.some((report) => report.step === 40)).toBe(true);
  });

  it("rule 5: a socket that no longer answers pings is closed and replaced", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 10 });
    fake.faults.muteSockets = true;
    await fake.restart();
    const run = comfyRun();
    const work = comfyui.image.render(request({ steps: 60 }), run);
    await until("a second socket is tried", () => fake.calls.filter((call) => call.method === "WS").length > 1);
    await work;
    expect(run.saved).toHaveLength(1);
  });

  it("rule 1: what arrives after it was given up is stopped, and its picture is not stored twice", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 2 }, { timings: { post: 50 } });
    fake.faults.postHoldMs = 250;
    const run = comfyRun({
      onRef: (ref) => {
        if (run.refs.length > 1 && ref) fake.faults.postHoldMs = 0;
      },
    });
    await comfyui.image.render(request({ steps: 5 }), run);
    expect(run.refs).toHaveLength(2);
    expect(run.saved).toHaveLength(1);
    expect(fake.prompts().filter((prompt) => prompt.state === "running" || prompt.state === "pending")).toEqual([]);
  });

  it("adopts the prompt of a worker that died, in mid-run, and hears its progress", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 8 });
    const first = comfyRun();
    const lost = comfyui.image.render(request({ steps: 60 }), first).catch(() => {});
    await until("it samples", () => sampling(first));
    const second = comfyRun({ job: first.job.id, earlierRefs: first.refs });
    await comfyui.image.render(request({ steps: 60 }), second);
    await lost;
    expect(second.refs).toEqual([]);
    expect(second.saved).toHaveLength(1);
    expect(sampling(second)).toBe(true);
    expect(fake.prompts()).toHaveLength(1);
  });

  it("adopts every finished picture of a series from the one ref that was stored", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 3 });
    const first = comfyRun();
    await comfyui.image.render(request({ count: 3 }), first);
    const second = comfyRun({ earlierRefs: [first.refs[2] as string] });
    await comfyui.image.render(request({ count: 4 }), second);
    expect(second.saved.map((file) => file.recipe.input["seed"])).toEqual([42, 43, 44, 45]);
    expect(second.saved.slice(0, 3).map((file) => file.bytes)).toEqual(first.saved.map((file) => file.bytes));
    expect(second.refs).toHaveLength(1);
    expect(fake.prompts()).toHaveLength(4);
  });

  it("draws anew where ComfyUI no longer knows the earlier prompt, or it had been cancelled", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 3 });
    const canceled = comfyRun({ onProgress: atStep(2, () => canceled.abort()) });
    await failureOf(comfyui.image.render(request({ steps: 300 }), canceled));
    const again = comfyRun({ earlierRefs: [...canceled.refs, "01234567-89ab-4def-8123-456789abcd00", "not an id of ours"] });
    await comfyui.image.render(request(), again);
    expect(again.saved).toHaveLength(1);
    expect(again.refs).toHaveLength(1);
    expect(fake.prompts().map((prompt) => prompt.state)).toEqual(["cancelled", "completed"]);
  });

  it("draws anew when a worker that lost its fence stops the prompt that was adopted", async () => {
    const { fake, comfyui } = await pair({ dialect, stepMs: 8 });
    const first = comfyRun();
    const fenced = failureOf(comfyui.image.render(request({ steps: 60 }), first));
    await until("it samples", () => sampling(first));
    const second = comfyRun({ job: first.job.id, earlierRefs: first.refs });
    const work = comfyui.image.render(request({ steps: 60 }), second);
    await until("it was adopted", () => sampling(second));
    first.abort();
    await fenced;
    await work;
    expect(second.saved).toHaveLength(1);
    expect(fake.prompts().map((prompt) => prompt.state)).toEqual(["cancelled", "completed"]);
  });

  it("reads a result again when the connection breaks, and draws again when the file is gone", async () => {
    const { fake, comfyui } = await pair({ dialect });
    fake.faults.viewBroken = 1;
    const broken = comfyRun();
    await comfyui.image.render(request(), broken);
    expect(broken.saved).toHaveLength(1);
    expect(broken.refs).toHaveLength(1);
    fake.faults.viewMissing = 1;
    fake.faults.viewDelayMs = 50;
    const missing = comfyRun();
    await comfyui.image.render(request(), missing);
    expect(missing.saved).toHaveLength(1);
    expect(missing.refs).toHaveLength(2);
  });
});

describe("a socket that the server has forgotten", () => {
  it("is opened anew after a silence, and reports again", async () => {
    const { fake, comfyui } = await pair({ stepMs: 20 }, { timings: { silence: 100 } });
    const run = comfyRun({
      // another socket of the same client id closes: the trap
      onProgress: atStep(2, () => {
        const other = new WebSocket(`${fake.url.replace("http", "ws")}/ws?clientId=${fake.prompts()[0]?.clientId}`);
        other.on("open", () => other.close());
      }),
    });
    await comfyui.image.render(request({ steps: 60 }), run);
    expect(run.reported.some((report) => report.step === 60)).toBe(true);
    expect(fake.calls.filter((call) => call.method === "WS").length).toBeGreaterThan(2);
  });
});
