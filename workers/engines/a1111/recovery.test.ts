import { afterEach, describe, expect, it } from "vitest";
import type { DrawFault } from "./testing/fake-faults.ts";
import { adapterFor, atStep, closeAll, failureOf, fakeOf, jobRun, pair, request, until } from "./testing/setup.ts";

afterEach(closeAll);

const posts = (calls: { path: string; body: Record<string, unknown> }[]) =>
  calls.filter(({ path }) => path.endsWith("/txt2img")).map(({ body }) => body["force_task_id"]);

describe("when things break", () => {
  it.each(["lose-request", "lose-answer", "half-answer"] satisfies DrawFault[])(
    "a task of which we %s is drawn anew under another id, never called done",
    async (fault) => {
      const { fake, a1111 } = await pair();
      fake.faults.draw = [fault];
      const run = jobRun();
      await a1111.image.render(request(), run);
      expect(run.saved).toHaveLength(1);
      expect(new Set(posts(fake.calls)).size).toBe(2);
      expect(posts(fake.calls)).toEqual(run.refs);
    },
  );

  it("a connection that breaks in the middle: what goes on for nobody is stopped, then drawn anew", async () => {
    const { fake, a1111 } = await pair({ stepMs: 10 });
    const run = jobRun({ onProgress: atStep(2, () => fake.breakConnections()) });
    await a1111.image.render(request({ steps: 60 }), run);
    expect(fake.tasks().map(({ id, state }) => ({ id, state }))).toEqual([
      { id: run.refs[0], state: "interrupted" },
      { id: run.refs[1], state: "done" },
    ]);
    expect(run.saved).toHaveLength(1);
  });

  it("a restart in mid-picture is waited for, and the picture is drawn anew", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    let restarted: Promise<void> | undefined;
    const run = jobRun({
      onProgress: atStep(2, () => {
        restarted = fake.restart({ downMs: 200 });
      }),
    });
    await a1111.image.render(request({ steps: 60 }), run);
    await restarted;
    expect(run.saved).toHaveLength(1);
    expect(run.refs).toHaveLength(2);
    expect(fake.tasks()).toMatchObject([{ id: run.refs[1], state: "done" }]);
    expect(run.reported.some(({ note }) => note === `A1111/Forge at ${fake.url} does not answer; waiting up to 1 minute`)).toBe(true);
    const fractions = run.reported.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it("one that never comes back is named, with the command that starts it, and the job may be tried again", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 }, { waitMinutes: 0.003 });
    const run = jobRun({ onProgress: atStep(2, () => void fake.stop()) });
    const failure = await failureOf(a1111.image.render(request({ steps: 200 }), run));
    expect(failure).toMatchObject({ code: "engine_unavailable", retryable: true });
    expect(failure.message).toContain(`${fake.url} did not answer`);
    expect(failure.message).toContain(`./webui.sh --api --port ${fake.port}`);
  });

  it("one that loses each task ends the attempt, which may be tried again", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.draw = Array<DrawFault>(9).fill("lose-answer");
    const failure = await failureOf(a1111.image.render(request(), jobRun()));
    expect(failure).toMatchObject({ code: "engine_lost", retryable: true });
    expect(posts(fake.calls)).toHaveLength(3);
  });

  it("one that was down before anything was posted is waited for", async () => {
    const fake = await fakeOf();
    await fake.stop();
    const run = jobRun();
    const work = adapterFor(fake.url).image.render(request(), run);
    await until("it waits", () =>
      run.reported.some(({ stage, note }) => stage === "waiting" && note?.includes("does not answer") === true),
    );
    await fake.start();
    await work;
    expect(run.saved).toHaveLength(1);
  });

  it("502 of a proxy is silence and is waited out", async () => {
    const { fake, a1111 } = await pair();
    fake.faults.status = 502;
    const run = jobRun({
      onProgress: ({ note }) => {
        if (note?.includes("does not answer")) fake.faults.status = 0;
      },
    });
    await a1111.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
  });
});

describe("after our own crash", () => {
  it("what the dead attempt left running is stopped before ours is posted", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    const dead = jobRun();
    // as of a worker that was killed: nobody stops it, nobody hears of it
    void a1111.image.render(request({ steps: 5000 }), dead).catch(() => undefined);
    await until("it draws", () => fake.tasks()[0]?.state === "running");
    const run = jobRun({ attempt: 2, earlierRefs: dead.refs });
    const second = adapterFor(fake.url);
    await second.image.render(request({ steps: 4 }), run);
    expect(fake.tasks()[0]).toMatchObject({ id: dead.refs[0], state: "interrupted" });
    expect(run.saved).toHaveLength(1);
    expect(new Set([...dead.refs, ...run.refs]).size).toBe(dead.refs.length + run.refs.length);
  });

  it("what it left waiting behind a stranger's is stopped when it begins, and the stranger's is not touched", async () => {
    const { fake, a1111 } = await pair({ stepMs: 5 });
    fake.submitForeign({ steps: 60 });
    const ref = "msb-job_0000000000000009-1-01234567-0";
    void fetch(`${fake.url}/sdapi/v1/txt2img`, {
      method: "POST",
      body: JSON.stringify({
        force_task_id: ref,
        override_settings: { forge_additional_modules: [] },
        n_iter: 1,
        steps: 5000,
        width: 64,
        height: 64,
        prompt: "x",
        seed: 1,
      }),
    }).catch(() => undefined);
    await until("it waits", () => fake.tasks()[1]?.state === "queued");
    const run = jobRun({ attempt: 2, earlierRefs: [ref] });
    await a1111.image.render(request(), run);
    expect(fake.tasks().map(({ state }) => state)).toEqual(["done", "interrupted", "done"]);
    expect(run.reported.some(({ note }) => note?.includes("An earlier try of this job still waits"))).toBe(true);
  });

  it("a finished task whose pictures nobody got is drawn anew", async () => {
    const { fake, a1111 } = await pair();
    const first = jobRun();
    await a1111.image.render(request(), first);
    const run = jobRun({ attempt: 2, earlierRefs: first.refs });
    await a1111.image.render(request(), run);
    expect(run.saved).toHaveLength(1);
    expect(fake.tasks()).toHaveLength(2);
  });

  it("names that are not ours mean nothing", async () => {
    const { fake, a1111 } = await pair();
    const run = jobRun({ attempt: 2, earlierRefs: ["0b0e7a1c-0000-4000-8000-000000000000", "task(stranger1)", ""] });
    await a1111.image.render(request(), run);
    expect(
      fake.calls.flatMap(({ path, body }) => (path === "/internal/progress" ? [body["id_task"]] : [])).every((id) => id === run.refs[0]),
    ).toBe(true);
  });
});
