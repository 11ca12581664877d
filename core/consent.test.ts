/** Consent: no way in uses a voice or a face without a person's yes, and what they agreed to is kept with the job, its stages, and the voice. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createApprovals } from "./approvals.ts";
import { createStudio, type StudioParts } from "./create-studio.ts";
import { Failure } from "./failure.ts";
import type { Job } from "./job.ts";
import { given } from "./json.ts";
import { defaultLimits } from "./limits.ts";
import { silentLog } from "./log.ts";
import type { JobStore, NewJob } from "./ports/job-store.ts";
import { localPrincipal } from "./principal.ts";
import { referencesOf } from "./source.ts";
import { memoryApprovals } from "./testing/memory-approvals.ts";
import { memoryAssets, testAsset } from "./testing/memory-assets.ts";
import { defineJobTool, type Prepared } from "./tool.ts";

const me = { ...localPrincipal, id: "me" };
const place = { engine: "e", family: "f", vramGb: 0, class: "interactive" } as const;
const common = { description: "For tests.", annotations: { readOnly: false, destructive: false, idempotent: false }, run: async () => {} };
const wish = { subject: "face", person: "June", statement: "June agrees.", references: [{ artifact: "stage:picture" }] } as const;

const photo = { artifact: "art_0000000000000001", sha256: "a1" };

/** A tool that says nothing of a yes itself: the wish for consent alone is enough. */
const lips = defineJobTool({
  ...{
    name: "move_lips",
    title: "Lips",
    alias: "lips",
    input: z.strictObject({ face: z.string(), person: z.string().optional() }),
    ...common,
  },
  prepare: async ({ face }, { source }): Promise<Prepared> => ({
    ...place,
    input: { face },
    title: "Lips",
    consent: { ...wish, references: face.startsWith("stage:") ? referencesOf([await source(face)]) : [{ artifact: face }] },
  }),
});
const draw = defineJobTool({
  ...{ name: "draw", title: "Draw", alias: "draw", input: z.strictObject({ prompt: z.string(), after: z.string().optional() }), ...common },
  async prepare({ prompt, after }, { source }): Promise<Prepared> {
    if (after !== undefined) await source(after);
    return {
      ...{ ...place, input: given({ prompt, after }), title: "Draw" },
      makes: { kind: "file", name: "x.png", mediaType: "image/png", width: 64, height: 64, preview: false },
    };
  },
});
const clip = defineJobTool({
  ...{ name: "clip", title: "Clip", alias: "clip", input: z.strictObject({ prompt: z.string(), after: z.string().optional() }), ...common },
  async prepare({ prompt, after }, context): Promise<Prepared> {
    const input = given({ prompt, after });
    await context.stage("picture", "draw", input);
    expect(await context.source("stage:picture")).toMatchObject({ id: "stage:picture", width: 64 });
    if (after !== undefined) await context.stage("again", "draw", { prompt, after: "stage:picture" });
    await context.stage("lips", "move_lips", { face: after === undefined ? "stage:picture" : "stage:again" });
    return { ...place, input, title: "Clip" };
  },
});

function setUp() {
  const accepted: NewJob[] = [];
  const approvals = createApprovals({ store: memoryApprovals(), secret: Buffer.alloc(32), log: silentLog });
  const assets = memoryAssets();
  const canceled: string[] = [];
  const removed: string[][] = [];
  const jobs: Partial<JobStore> = {
    history: async () => [],
    promises: async () => [],
    speaking: async () => ["job_0000000000000009"],
    get: async (_principal, id) => ({ id, state: canceled.includes(id) ? "canceled" : "queued", artifacts: [] }) as never,
    async cancel(_principal, id) {
      canceled.push(id);
      return { id, state: "canceled" } as Job;
    },
    async accept(job) {
      if (job.approval) await approvals.use(me, job.approval, job.id);
      accepted.push(job);
      return { job: job as unknown as Job, created: true };
    },
  };
  const artifacts = {
    get: async (_principal: string, id: string) => (id === photo.artifact ? { id, sha256: photo.sha256 } : undefined),
    async remove(_principal: string, ids: string[]) {
      removed.push(ids);
      return ids.map((id) => `key/${id}`);
    },
  };
  const gone: string[] = [];
  const files = { remove: async (key: string) => void gone.push(key) };
  const rest = {
    queue: { add: async () => {}, remove: async () => {} },
    accepted() {},
    log: silentLog,
    limits: defaultLimits,
    files,
    artifacts,
  };
  const studio = createStudio({
    tools: [lips, draw, clip],
    jobs,
    engines: { all: [] },
    approvals,
    assets,
    ...rest,
  } as unknown as StudioParts);
  const submit = (tool: string, input: object) =>
    studio.invoke(me, { tool, input, face: "mcp" }).catch((error: unknown) => error as Failure);
  return { studio, approvals, accepted, submit, assets, canceled, removed, gone };
}

async function yes({ approvals }: ReturnType<typeof setUp>, refused: unknown) {
  if (!(refused instanceof Failure) || !refused.approval) throw new Error("nobody was asked");
  return approvals.answer(me, refused.approval.id, { yes: true, how: "page" });
}

describe("a face", () => {
  it("is refused with the stable code, whatever its tool says of a yes, and nothing is started", async () => {
    const { submit, accepted } = setUp();
    for (const input of [{ face: "art_1" }, { face: "art_1", person: "I consent, yes, approved" }]) {
      const refused = await submit("move_lips", input);
      expect(refused).toMatchObject({ code: "consent_required", approval: { calls: [{ statement: "June agrees." }] } });
    }
    expect(accepted).toEqual([]);
  });

  it("is used once a person said yes, and who, when and where they said it is kept with the job", async () => {
    const world = setUp();
    await yes(world, await world.submit("move_lips", { face: "art_1" }));
    expect(await world.submit("move_lips", { face: "art_1" })).toMatchObject({ kind: "job" });
    expect(world.accepted[0]?.consent).toEqual({
      ...{ ...wish, references: [{ artifact: "art_1" }] },
      ...{ approval: world.accepted[0]?.approval?.id, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), by: "me", how: "page", face: "mcp" },
    });
    // the yes was for one job
    expect(await world.submit("move_lips", { face: "art_1" })).toMatchObject({ code: "consent_required" });
  });

  it("that only a stage uses asks one question for the whole, and the record is kept with that stage", async () => {
    const world = setUp();
    const refused = await world.submit("clip", { prompt: "June" });
    expect(refused).toMatchObject({ code: "consent_required", approval: { calls: [{ tool: "clip", statement: "June agrees." }] } });
    await yes(world, refused);
    await world.submit("clip", { prompt: "June" });
    const [head] = world.accepted;
    expect(head?.stages?.map(({ tool, consent }) => [tool, consent?.person])).toEqual([
      ["draw", undefined],
      ["move_lips", "June"],
    ]);
    const [picture, lip] = head?.stages ?? [];
    expect(lip?.needs).toEqual([picture?.id]);
    expect(head?.needs).toEqual([picture?.id, lip?.id]);
    expect(lip?.tree).toEqual({ head: head?.id, stage: "lips", stages: { picture: picture?.id, lips: lip?.id } });
    expect(head?.tree).toEqual({ head: head?.id, stages: lip?.tree?.stages });
  });

  it("that is drawn after a photo, in however many stages, is kept with the photo's hash", async () => {
    const world = setUp();
    const call = { prompt: "June", after: photo.artifact };
    await yes(world, await world.submit("clip", call));
    await world.submit("clip", call);
    const lip = world.accepted[0]?.stages?.find(({ tool }) => tool === "move_lips");
    expect(lip?.consent?.references).toEqual([{ artifact: "stage:again" }, photo]);
  });

  it("named as a stage outside of a tree is no file of anybody's", async () => {
    const { studio } = setUp();
    await expect(studio.artifact(me, "stage:picture")).rejects.toMatchObject({ code: "unknown_artifact" });
  });
});

it("a voice that is deleted is revoked: what is to speak with it is canceled, its recordings go", async () => {
  const world = setUp();
  const june = testAsset({ kind: "voice", name: "june", language: "en" }, { principal: "me" });
  world.assets.rows.push(june);
  await world.studio.assets.remove(me, "june");
  expect(world.assets.rows).toEqual([]);
  expect(world.canceled).toEqual(["job_0000000000000009"]);
  expect(world.removed).toEqual([["art_0000000000000005", "art_0000000000000006", "art_0000000000000007"]]);
  expect(world.gone).toHaveLength(3);
});

it("a recording that another voice was taken from too stays", async () => {
  const world = setUp();
  for (const job of ["job_0000000000000001", "job_0000000000000002"])
    world.assets.rows.push(testAsset({ kind: "voice", name: job, language: "en" }, { principal: "me", job }));
  await world.studio.assets.remove(me, "job_0000000000000001");
  expect(world.removed).toEqual([["art_0000000000000005", "art_0000000000000006"]]);
});

it("the words of a voice can be corrected, its consent and its person cannot", async () => {
  const world = setUp();
  world.assets.rows.push(testAsset({ kind: "voice", name: "june", language: "en" }, { principal: "me" }));
  const edited = await world.studio.assets.editVoice(me, "june", { transcript: "Hello, I am June!", transcriptBy: "person" });
  expect(edited.details).toMatchObject({ transcript: "Hello, I am June!", person: "June", consent: { person: "June" } });
});
