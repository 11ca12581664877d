/** A turn and what becomes of its jobs, in memory. */
import { describe, expect, it } from "vitest";
import { scriptedAgent, until } from "../http/testing/app-parts.ts";
import { fakeStudio } from "../http/testing/fake-studio.ts";
import type { Part } from "./chat.ts";
import { converse } from "./converse.ts";
import { Failure } from "./failure.ts";
import { merge } from "./merge.ts";
import { localPrincipal } from "./principal.ts";
import { jobView } from "./view.ts";

const request = { principal: localPrincipal, conversation: "conv_a", message: "msg_a", text: "a fox", attachments: [] };
const done = (...ids: string[]): Part => ({
  type: "done",
  conversation: "conv_a",
  message: "msg_a",
  planner: "rules",
  jobs: ids.map((id) => ({ ...jobView(fakeStudio().make()), id })),
});

function begin(studio: ReturnType<typeof fakeStudio>, script: () => AsyncIterable<Part>, refreshMs = 60_000) {
  const parts: Part[] = [];
  const stop = new AbortController();
  const end = (async () => {
    for await (const part of converse({ studio, agent: scriptedAgent(script) }, request, stop.signal, { refreshMs })) parts.push(part);
  })();
  const of = <T extends Part["type"]>(type: T) => parts.filter((part): part is Extract<Part, { type: T }> => part.type === type);
  return { parts, stop, end, of };
}

describe("converse", () => {
  it("ends at once where there is no job", async () => {
    const turn = begin(fakeStudio(), async function* () {
      yield { type: "text", text: "Hello." };
      yield done();
    });
    await turn.end;
    expect(turn.parts).toEqual([{ type: "text", text: "Hello." }, done()]);
  });

  it("holds done back until every job is terminal, and shows all that happens on the way", async () => {
    const studio = fakeStudio();
    studio.position = 2;
    const [first, second] = [studio.make().id, studio.make().id];
    const turn = begin(studio, async function* () {
      yield done(first, second);
    });
    await until(() => turn.of("job").length === 2, "both jobs are shown");
    expect(turn.of("job").map((part) => [part.job.position, part.job.eta_seconds])).toEqual([
      [2, [5, 9]],
      [2, [5, 9]],
    ]);
    studio.move(first, "running");
    await until(() => turn.of("job").some((part) => part.job.state === "running"), "it runs");
    studio.live({ type: "progress", job: first, attempt: 1, progress: { stage: "sampling", fraction: 0.5 } });
    studio.live({ type: "preview", job: first, mediaType: "image/jpeg", data: "AAAA" });
    await until(() => turn.of("preview").length === 1, "the preview");
    expect(turn.of("progress")).toEqual([{ type: "progress", job: first, progress: { stage: "sampling", fraction: 0.5 } }]);
    const artifact = studio.publish(first, Buffer.from("fox"));
    studio.move(first, "succeeded");
    await until(() => turn.of("artifact").length === 1, "the artifact");
    expect(turn.of("done")).toEqual([]);
    studio.move(second, "failed", new Failure("engine_failed", "no luck"));
    await turn.end;
    expect(turn.of("artifact")[0]?.artifact.id).toBe(artifact.id);
    expect(turn.of("error")).toEqual([{ type: "error", error: new Failure("engine_failed", "no luck").view(), job: second }]);
    expect(turn.of("done")[0]?.jobs.map((job) => job.state)).toEqual(["succeeded", "failed"]);
    expect(turn.of("done")[0]?.jobs[0]?.artifacts).toHaveLength(1);
    expect(turn.parts.at(-1)?.type).toBe("done");
    expect(studio.watchers()).toBe(0);
  });

  it("gives the artifacts of jobs that ended before it looked, each once", async () => {
    const studio = fakeStudio();
    const { id } = studio.make();
    studio.move(id, "running");
    studio.publish(id, Buffer.from("one"));
    studio.publish(id, Buffer.from("two"));
    studio.move(id, "succeeded");
    const turn = begin(studio, async function* () {
      yield done(id);
    });
    await turn.end;
    expect(turn.of("artifact")).toHaveLength(2);
    expect(turn.of("job").map((part) => part.job.state)).toEqual(["succeeded"]);
  });

  it("tells an old failure of a job that was started again to nobody", async () => {
    const studio = fakeStudio();
    const { id } = studio.make();
    studio.move(id, "running");
    studio.move(id, "failed", new Failure("engine_lost", "lost"));
    studio.move(id, "queued");
    const turn = begin(studio, async function* () {
      yield done(id);
    });
    await until(() => turn.of("job").length === 1, "it is queued");
    studio.move(id, "running");
    studio.move(id, "succeeded");
    await turn.end;
    expect(turn.of("error")).toEqual([]);
  });

  it("says when the place in line changes, and asks ever more rarely while it does not", async () => {
    const studio = fakeStudio();
    studio.position = 3;
    const { id } = studio.make();
    const turn = begin(
      studio,
      async function* () {
        yield done(id);
      },
      10,
    );
    await until(() => studio.outlooks > 3, "it asked again");
    expect(turn.of("job")).toHaveLength(1);
    studio.position = 1;
    await until(() => turn.of("job").length === 2, "the new place");
    expect(turn.of("job")[1]?.job.position).toBe(1);
    studio.move(id, "canceled");
    await turn.end;
    const asked = studio.outlooks;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(studio.outlooks).toBe(asked);
  });

  it("ends no job and leaves no watcher when the reader goes", async () => {
    const studio = fakeStudio();
    const { id } = studio.make();
    const turn = begin(studio, async function* () {
      yield done(id);
    });
    await until(() => studio.watchers() === 1, "it watches");
    turn.stop.abort();
    await turn.end;
    expect(studio.watchers()).toBe(0);
    expect([studio.canceled, studio.jobs.get(id)?.state, turn.of("done")]).toEqual([[], "queued", []]);

    for await (const part of converse(
      {
        studio,
        agent: scriptedAgent(async function* () {
          yield done(id);
        }),
      },
      request,
      new AbortController().signal,
    ))
      if (part.type === "job") break;
    await until(() => studio.watchers() === 0, "nobody watches");
    expect(studio.canceled).toEqual([]);
  });

  it("takes a lost watch up again where it was, and gives up with an error", async () => {
    const studio = fakeStudio();
    const { id } = studio.make();
    const { watch } = studio;
    const asked: (number | undefined)[] = [];
    studio.watch = async function* (principal, job, options) {
      asked.push(options?.after);
      const broken = asked.length === 1;
      for await (const event of watch(principal, job, options)) {
        yield event;
        if (broken) throw new Failure("database_unavailable", "gone", { retryable: true });
      }
    };
    const turn = begin(
      studio,
      async function* () {
        yield done(id);
      },
      20,
    );
    await until(() => asked.length === 2 && studio.watchers() === 1, "it watches again");
    studio.move(id, "running");
    studio.move(id, "succeeded");
    await turn.end;
    expect(asked).toEqual([0, 1]);
    expect(turn.of("error")).toEqual([]);

    const unknown = begin(studio, async function* () {
      yield done("job_0000000000000000");
    });
    await unknown.end;
    expect(unknown.of("error")[0]).toMatchObject({ job: "job_0000000000000000", error: { code: "unknown_job" } });
    expect(unknown.of("done")).toHaveLength(1);
  });
});

describe("merge", () => {
  it("pulls no further than its reader", async () => {
    let made = 0;
    async function* endless() {
      for (;;) yield made++;
    }
    const merged = merge([endless()]);
    await merged.next();
    await merged.next();
    await merged.return(undefined);
    expect(made).toBeLessThanOrEqual(3);
  });
  it("starves no quiet source", async () => {
    async function* endless() {
      for (;;) yield "loud";
    }
    async function* once() {
      yield "quiet";
    }
    const heard: string[] = [];
    for await (const word of merge<string>([endless(), once()])) if (heard.push(word) > 4) break;
    expect(heard).toContain("quiet");
  });
});
