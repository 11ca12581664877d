/** Trees: which stages are new, what they need, and what doing one again leaves alone. */
import { describe, expect, it } from "vitest";
import type { Job } from "./job.ts";
import type { JsonObject } from "./json.ts";
import { createStageProgress } from "./stage-progress.ts";
import type { Prepared } from "./tool.ts";
import { madeByStage, membersOf, redone, type Stage, stagesIn } from "./tree.ts";

const stage = (name: string, input: JsonObject, tool = name): Stage => {
  const prepared: Prepared = { input, title: name, engine: "e", family: "f", vramGb: 0, class: "interactive" };
  return { name, tool, prepared };
};
const clip = (text = "hello") => [
  stage("voice", { text }),
  stage("picture", { prompt: "a fox" }),
  stage("motion", { image: "stage:picture" }),
  stage("lips", { face: "stage:motion", audio: "stage:voice" }),
];
const jobs = (stages: readonly Stage[], ids: Record<string, string>, state: Job["state"] = "succeeded"): Record<string, Job> =>
  Object.fromEntries(
    stages.map(({ name, tool, prepared }) => [name, { id: ids[name], tool, input: prepared.input, state } as unknown as Job]),
  );

describe("the members of a tree", () => {
  it("are all new at first, each needing the jobs of the stages that it names", () => {
    const { fresh, stages } = membersOf(clip());
    expect(Object.keys(stages)).toEqual(["voice", "picture", "motion", "lips"]);
    const needs = Object.fromEntries(fresh.map((member) => [member.name, member.needs]));
    expect(needs).toEqual({ voice: [], picture: [], motion: [stages["picture"]], lips: [stages["motion"], stages["voice"]] });
  });

  it("of one whose voice is done again are the voice and what depends on it; the others are the jobs of before", () => {
    const before = membersOf(clip());
    const again = membersOf(clip("good morning"), jobs(clip(), before.stages));
    expect(again.fresh.map(({ name }) => name)).toEqual(["voice", "lips"]);
    expect(again.stages["picture"]).toBe(before.stages["picture"]);
    expect(again.stages["motion"]).toBe(before.stages["motion"]);
    expect(again.stages["voice"]).not.toBe(before.stages["voice"]);
  });

  it("of one whose picture is done again are everything but the voice", () => {
    const before = membersOf(clip());
    const other = clip().map((one) => (one.name === "picture" ? stage("picture", { prompt: "a cat" }) : one));
    expect(membersOf(other, jobs(clip(), before.stages)).fresh.map(({ name }) => name)).toEqual(["picture", "motion", "lips"]);
  });

  it("that failed or were canceled are made again, those that are still at work are not", () => {
    const before = membersOf(clip());
    expect(membersOf(clip(), jobs(clip(), before.stages, "failed")).fresh).toHaveLength(4);
    expect(membersOf(clip(), jobs(clip(), before.stages, "canceled")).fresh).toHaveLength(4);
    expect(membersOf(clip(), jobs(clip(), before.stages, "running")).fresh).toEqual([]);
  });

  it("are found in an input however deep they are named, and nothing else is taken for one", () => {
    expect(stagesIn({ a: ["stage:voice", { b: "stage:picture" }], c: "a stage:x", d: "stage:Not", e: null, f: 3 })).toEqual([
      "voice",
      "picture",
    ]);
  });
});

it("what a stage makes is known by the stage's name, by what it promises, and by the files that it is made from", () => {
  const makes = { kind: "file", name: "x.mp4", mediaType: "video/mp4", seconds: 3, preview: false } as const;
  const { prepared, ...motion } = stage("motion", { image: "stage:picture" });
  const made = { name: "x.mp4", mediaType: "video/mp4", seconds: 3, preview: false, id: "stage:motion" };
  const from = [{ artifact: "art_1", sha256: "a1" }];
  expect(madeByStage({ ...motion, prepared: { ...prepared, makes }, from })).toEqual({ ...made, from });
  expect(madeByStage({ ...motion, prepared: { ...prepared, makes } })).toEqual(made);
  expect(() => madeByStage({ ...motion, prepared })).toThrow("does not say what it makes");
});

it("a stage that is rolled again is the head's call with that stage's new input, without its seed", () => {
  const stages = {
    voice: { tool: "speak", input: { text: "hello", seed: 1 } },
    picture: { tool: "render_image", input: { prompt: "a fox" } },
  };
  const head = { id: "job_head", tool: "make_clip", input: { script: "hello", stages } } as unknown as Job;
  const voice = { tool: "speak", input: stages.voice.input, tree: { head: "job_head", stage: "voice", stages: {} } } as unknown as Job;
  expect(redone(head, voice, {}, { speed: 2 })).toEqual({
    tool: "make_clip",
    parent: "job_head",
    input: { script: "hello", stages: { ...stages, voice: { tool: "speak", input: { text: "hello", speed: 2 } } } },
  });
});

describe("the progress of a head", () => {
  const progress = (job: string, fraction: number, note?: string) =>
    ({ type: "progress", job, attempt: 1, progress: { stage: "sampling", fraction, ...(note ? { note } : {}) } }) as const;

  it("is that of its stages as parts of the whole, named, and never falls", async () => {
    const told = createStageProgress("job_head");
    await told.begin({ head: "job_head", stages: { voice: "job_v", picture: "job_p" } }, async (id) => ({
      state: id === "job_v" ? ("succeeded" as const) : ("running" as const),
    }));
    const fractions = [progress("job_p", 0.5, "1 of 2"), progress("job_v", 0.9), progress("job_p", 0.2), progress("job_head", 0)].map(
      (message) => {
        if (message.job === "job_head") told.changed({ type: "changed", job: "job_p", state: "succeeded", family: "f" });
        return told.told(message)[0];
      },
    );
    expect(fractions[0]).toMatchObject({ job: "job_head", attempt: 0, progress: { fraction: 0.5, note: "picture: 1 of 2" } });
    expect(fractions[1]).toBeUndefined();
    expect(fractions[2]).toMatchObject({ progress: { fraction: 0.5 } });
    expect(fractions[3]).toMatchObject({ attempt: 1, progress: { fraction: 2 / 3 } });
  });

  it("of a job without stages is its own, and others' is not told", () => {
    const told = createStageProgress("job_a");
    expect(told.told(progress("job_a", 0.3))).toEqual([progress("job_a", 0.3)]);
    expect(told.told(progress("job_b", 0.3))).toEqual([]);
  });
});
