/** What "that video", "the recording" and "its voice" mean where a conversation made more than pictures. */
import { describe, expect, it } from "vitest";
import { localPrincipal } from "../../core/principal.ts";
import { createTools } from "../../tools/index.ts";
import { picture } from "../../tools/testing/context.ts";
import { planByRules } from "../rules/plan.ts";
import { createFakeStudio, jobRow } from "../testing/studio.ts";
import { remember } from "./brought.ts";
import { fillReferences } from "./fill.ts";
import { type Memory, readMemory, wordsOf } from "./memory.ts";

const at = (seconds: number) => ({
  createdAt: new Date(seconds * 1000),
  origin: { conversation: "c", message: `m${seconds}`, ordinal: 0 },
});
const done = { state: "succeeded" } as const;
const drawing = jobRow({
  ...{ id: "job_draw", tool: "render_image", input: { prompt: "a red fox", count: 1 }, ...done, ...at(1) },
  artifacts: [picture("art_fox")],
});
const speech = jobRow({
  ...{ id: "job_speak", tool: "speak", input: { text: "good morning" }, ...done, ...at(2) },
  artifacts: [picture("art_speech", { mediaType: "audio/mpeg" })],
});
const video = jobRow({
  ...{ id: "job_video", tool: "render_video", input: { prompt: "", image: "art_fox" }, ...done, ...at(3) },
  artifacts: [picture("art_video", { mediaType: "video/mp4" })],
});
const tree = { head: "job_clip", stages: { voice: "job_voice", picture: "job_picture" } };
const stages = [
  jobRow({
    ...{ id: "job_voice", tool: "speak", input: { text: "hello" }, ...done, ...at(4), tree: { ...tree, stage: "voice" } },
    artifacts: [picture("art_voice", { mediaType: "audio/wav" })],
  }),
  jobRow({
    ...{ id: "job_picture", tool: "render_image", input: { prompt: "a wizard" }, ...done, ...at(4), tree: { ...tree, stage: "picture" } },
    artifacts: [picture("art_wizard")],
  }),
];
const clip = jobRow({
  ...{ id: "job_clip", tool: "make_clip", ...done, ...at(4), tree },
  input: { script: "hello", stages: { picture: { tool: "render_image", input: { prompt: "a wizard" } } } },
  artifacts: [picture("art_clip", { mediaType: "video/mp4" })],
});
const memory = (...jobs: Memory["jobs"]): Memory => ({ attachments: [], jobs, stages });
const tools = createTools();
const filled = (name: string, input: Record<string, string>, past: Memory) => {
  const tool = tools.find((one) => one.name === name);
  if (!tool) throw new Error(name);
  return fillReferences(tool, input, past);
};

describe("a file is found by what its field takes", () => {
  const past = memory(drawing, speech, video);
  it.each([
    ["upscale_image", { image: "that" }, { image: "art_fox" }],
    ["upscale_video", { video: "that" }, { video: "art_video" }],
    ["upscale_video", { video: "the video" }, { video: "art_video" }],
    ["lip_sync", { face: "the picture", audio: "that recording" }, { face: "art_fox", audio: "art_speech" }],
    ["lip_sync", { face: "the fox", audio: "die Aufnahme" }, { face: "art_video", audio: "art_speech" }],
    ["render_video", { image: "number 1" }, { image: "art_fox" }],
  ])("%s %j", (tool, words, ids) => expect(filled(tool, words as Record<string, string>, past)).toEqual(ids));

  it("and a file of another kind is refused by name", () => {
    expect(() => filled("render_video", { image: "that video" }, past)).toThrow("That is a video, and this takes a picture.");
    expect(() => filled("clone_voice", { audio: "that" }, memory(drawing))).toThrow(/no finished recording/);
  });
  it("speech that runs hides no picture, and is said to run where a recording is wanted", () => {
    const open = memory(drawing, { ...speech, state: "running", artifacts: [] });
    expect(filled("upscale_image", { image: "that" }, open)).toEqual({ image: "art_fox" });
    expect(() => filled("clone_voice", { audio: "that" }, open)).toThrow(/recording is not finished yet/);
  });
  it("'upscale that' enlarges a video where that is the newest that can be seen", () => {
    expect(planByRules("upscale that 2x", past).calls).toEqual([{ tool: "upscale_video", input: { video: "art_video", scale: 2 } }]);
    expect(planByRules("upscale that", memory(drawing, speech)).calls).toEqual([{ tool: "upscale_image", input: { image: "art_fox" } }]);
    expect(planByRules("cancel the video", memory(drawing, { ...video, state: "running" }, speech)).calls).toEqual([
      { tool: "cancel_job", input: { job_id: "job_video" } },
    ]);
  });
});

describe("a clip's stages", () => {
  const past = memory(drawing, clip);
  it.each([
    ["reroll_job", { job_id: "the voice" }, { job_id: "job_voice" }],
    ["reroll_job", { job_id: "that" }, { job_id: "job_clip" }],
    ["cancel_job", { job_id: "the clip" }, { job_id: "job_clip" }],
    ["upscale_image", { image: "the picture of the clip" }, { image: "art_wizard" }],
    ["render_video", { image: "its picture" }, { image: "art_wizard" }],
    ["clone_voice", { audio: "die Stimme des Clips" }, { audio: "art_voice" }],
    ["upscale_video", { video: "that" }, { video: "art_clip" }],
  ])("%s %j", (tool, words, ids) => {
    const open = tool === "cancel_job" ? memory(drawing, { ...clip, state: "running" }) : past;
    expect(filled(tool, words as Record<string, string>, open)).toEqual(ids);
  });
  it("'the picture' is the newest one again where something was drawn since", () => {
    const later = { ...drawing, id: "job_later", ...at(9), artifacts: [picture("art_later")] };
    expect(filled("upscale_image", { image: "the picture" }, memory(clip, later))).toEqual({ image: "art_later" });
    expect(filled("upscale_image", { image: "the picture of the clip" }, memory(clip, later))).toEqual({ image: "art_wizard" });
  });
  it("are no pictures of the conversation, and no jobs of it", async () => {
    const studio = createFakeStudio();
    studio.jobs.push(drawing, ...stages, clip);
    const request = { principal: localPrincipal, conversation: "c", message: "now", text: "", attachments: [] };
    const read = await readMemory(studio, request, []);
    expect(read.jobs.map(({ id }) => id)).toEqual(["job_draw", "job_clip"]);
    expect(read.stages?.map(({ id }) => id)).toEqual(["job_voice", "job_picture"]);
    expect(filled("upscale_image", { image: "number 1" }, read)).toEqual({ image: "art_fox" });
  });
  it("'same but' and a shape change its picture, in the words that it was drawn with", () => {
    expect(planByRules("same but at night", past).calls).toEqual([
      { tool: "reroll_job", input: { job_id: "job_clip", prompt: "a wizard, at night" } },
    ]);
    expect(planByRules("make it wide", past).calls).toEqual([{ tool: "reroll_job", input: { job_id: "job_clip", aspect: "wide" } }]);
    expect(planByRules("make it move a lot", past).calls).toEqual([{ tool: "reroll_job", input: { job_id: "job_clip", motion: 8 } }]);
    expect(planByRules("another one", past).calls).toEqual([{ tool: "reroll_job", input: { job_id: "job_clip" } }]);
  });
});

it("a clip is told by what is seen and said in it, a video of a picture by what that shows", () => {
  const past = memory(drawing, speech, video, clip);
  expect([video, clip, speech].map((job) => wordsOf(job, past))).toEqual(["a red fox", 'a wizard, saying "hello"', '"good morning"']);
});

describe("a recording of an earlier message", () => {
  const now: Memory = { attachments: ["art_rec", "art_photo"], sounds: new Set(["art_rec"]), others: new Set(["art_rec"]), jobs: [] };
  const [kept] = remember([], "m5", now);
  it("is kept with its kind, beside the photos", () => {
    expect(kept).toMatchObject({ message: "m5", photos: ["art_photo"], media: [{ id: "art_rec", kind: "sound" }] });
  });
  it("is what the answer to 'whose voice is it?' goes on with", async () => {
    const studio = createFakeStudio();
    const request = { principal: localPrincipal, conversation: "c", message: "m6", text: "", attachments: [] };
    const read = await readMemory(studio, request, kept ? [kept] : []);
    expect(planByRules("clone this voice as june, it is June Carter", read).calls).toEqual([
      { tool: "clone_voice", input: { name: "june", person: "June Carter", audio: "art_rec" } },
    ]);
  });
  it("gives way to what was made since", () => {
    const brought = [{ id: "art_rec", kind: "sound" as const, at: 1500 }];
    expect(filled("clone_voice", { audio: "that" }, { ...memory(speech), brought })).toEqual({ audio: "art_speech" });
    expect(filled("clone_voice", { audio: "that" }, { ...memory(speech), brought: [{ ...brought[0], at: 2500 } as never] })).toEqual({
      audio: "art_rec",
    });
  });
});
