/** What voices, videos and clips are prepared as: every choice made, the same when prepared again, and each bad input named with what is allowed. */
import { describe, expect, it } from "vitest";
import type { Artifact } from "../core/artifact.ts";
import { Failure } from "../core/failure.ts";
import { digest, type JsonObject } from "../core/json.ts";
import { parseInput } from "../core/parse.ts";
import { testAsset } from "../core/testing/memory-assets.ts";
import type { JobTool, Prepared } from "../core/tool.ts";
import { createTools } from "./index.ts";
import { type InSight, picture, testContext } from "./testing/context.ts";

const art = (digit: number) => `art_000000000000000${digit}`;
const recording: Artifact = {
  ...picture(art(1)),
  name: "june.wav",
  mediaType: "audio/wav",
  seconds: 20,
  width: undefined,
  height: undefined,
} as never;
const photo: Artifact = { ...picture(art(2)), name: "june.png" };
const video: Artifact = { ...picture(art(3)), name: "walk.mp4", mediaType: "video/mp4", seconds: 4, sound: false };
const files = [recording, photo, video];

const toolOf = (name: string) => createTools().find((tool) => tool.name === name) as JobTool;

function prepare(name: string, input: object, inSight: InSight = {}) {
  const context = testContext(files, inSight);
  const tool = toolOf(name);
  const prepared = (async () => tool.prepare(parseInput(tool, input) as never, context))();
  return { prepared, stages: context.stages };
}

const failure = (name: string, input: object, inSight?: InSight) =>
  prepare(name, input, inSight).prepared.then(
    () => "accepted",
    (error: unknown) => (error instanceof Failure ? `${error.code}: ${error.message}` : String(error)),
  );

/** What was settled is settled: a person agrees to it, and it is prepared again from it alone. */
async function settles(name: string, input: object, inSight?: InSight): Promise<Prepared> {
  const first = await prepare(name, input, inSight).prepared;
  const again = await prepare(name, first.input, inSight).prepared;
  expect(again.input).toEqual(first.input);
  return first;
}

const june = testAsset({ kind: "voice", name: "June", language: "de" });
const biscuit = testAsset({ kind: "lora", name: "biscuit", family: "sd15", triggerWords: ["bsct dog"] }, { job: "job_0000000000000002" });
const mine = { assets: [june, biscuit] };

describe("speak", () => {
  it("chooses voice, language and seed, and says what it will make", async () => {
    const { input, makes } = await settles("speak", { text: "Good morning." });
    expect(input).toMatchObject({ text: "Good morning.", voice: "test", language: "en", speed: 1, takes: 1, format: "mp3" });
    expect(input["seed"]).toBeTypeOf("number");
    expect(makes).toMatchObject({ kind: "file", mediaType: "audio/mpeg", seconds: 1.3 });
  });

  it("takes an own voice by its name, whatever the case, and speaks its language", async () => {
    expect((await settles("speak", { text: "Hallo", voice: "june" }, mine)).input).toMatchObject({ voice: june.id, language: "de" });
  });

  it("waits for a voice that an open job makes", async () => {
    const promises = [{ job: "job_0000000000000005", makes: { kind: "voice", name: "Ada", language: "en" } as const }];
    expect(await settles("speak", { text: "Hi", voice: "ada" }, { promises })).toMatchObject({
      input: { voice: "ast_0000000000000005" },
      needs: ["job_0000000000000005"],
    });
  });

  it("names the voices that there are, the person's own and the engine's", async () => {
    const said = await failure("speak", { text: "Hi", voice: "nobody" }, mine);
    expect(said).toMatch(/^unknown_asset: .*June.*test, other/);
  });

  it("takes 20 000 characters and not one more", async () => {
    expect(await failure("speak", { text: "a".repeat(20_001) })).toMatch(/^limit_exceeded: .*20001 characters; at most 20000/);
  });
});

describe("clone_voice", () => {
  const wish = { name: "june", audio: art(1), person: "June Carter" };

  it("asks for consent with whose voice, what is said in it, and the hash of the recording", async () => {
    const { consent, yes, makes, input } = await settles("clone_voice", wish);
    expect(consent).toMatchObject({
      subject: "voice",
      person: "June Carter",
      references: [{ artifact: art(1), sha256: recording.sha256 }],
    });
    expect(yes?.why).toMatch(/voice of June Carter from 8.0 s of june.wav.*"hello".*a little noisy/);
    expect(makes).toEqual({ kind: "voice", name: "june", language: "en" });
    expect(input).toMatchObject({ transcript: "hello", transcript_by: "person", start: 0, seconds: 8 });
  });

  it.each([
    ["no recording", { ...wish, audio: art(2) }, /^unsupported_media: june.png is a picture; clone_voice needs a recording/],
    ["a video without sound", { ...wish, audio: art(3) }, /^unsupported_media: walk.mp4 is a video without sound/],
    ["nobody's", { name: "june", audio: art(1) }, /^invalid_input: .*person/],
    ["a name that is taken", { ...wish, name: "June" }, /^conflict: You have a voice "June" already/],
  ])("is refused: %s", async (_what, input, words) => {
    expect(await failure("clone_voice", { ...input, name: input.name === "June" ? "June" : "ada" }, { assets: [june] })).toMatch(words);
  });

  it("makes nothing without the consent record, even where a job came through", async () => {
    const tool = toolOf("clone_voice");
    const engine = { id: "test", title: "Test", speech: { clone: () => Promise.reject(new Error("it was cloned")) } };
    const run = { job: { engine: "test" } } as never;
    await expect(tool.run({ ...wish } as never, { get: () => engine } as never, run)).rejects.toMatchObject({ code: "consent_required" });
  });
});

describe("render_video", () => {
  it("moves a picture that is there", async () => {
    const { input, makes } = await settles("render_video", { image: art(2), seconds: 3 });
    expect(input).toMatchObject({ image: art(2), seconds: 3, fps: 8, width: 640, height: 480, model: "test" });
    expect(makes).toMatchObject({ mediaType: "video/mp4", seconds: 3, sound: false });
  });

  it("draws the picture first where there are only words, as a stage whose every choice is in its own input", async () => {
    const { prepared, stages } = prepare("render_video", { prompt: "a fox runs", aspect: "wide" });
    const { input } = await prepared;
    expect(stages.map(({ name, tool }) => [name, tool])).toEqual([["picture", "render_image"]]);
    expect(input).toMatchObject({
      image: "stage:picture",
      stages: { picture: { tool: "render_image", input: { prompt: "a fox runs", count: 1 } } },
    });
    await settles("render_video", { prompt: "a fox runs", aspect: "wide" });
  });

  it.each([
    ["nothing to go by", {}, /^invalid_input: Give an image that is to move, or a prompt/],
    ["a recording", { image: art(1) }, /^unsupported_media: june.wav is audio; render_video needs a picture/],
    ["half a size", { prompt: "x", width: 512 }, /^invalid_input: width and height go together/],
    ["another's stage", { image: "stage:voice" }, /^unknown_artifact: There is no stage:voice here/],
  ])("is refused: %s", async (_what, input, words) => {
    expect(await failure("render_video", input)).toMatch(words);
  });
});

describe("upscale_video and lip_sync", () => {
  it("keep the length, and say how large it will be", async () => {
    expect((await settles("upscale_video", { video: art(3) })).makes).toMatchObject({ width: 1280, height: 960, seconds: 4, sound: false });
    expect((await settles("lip_sync", { face: art(2), audio: art(1), person: "June" })).makes).toMatchObject({ seconds: 20, sound: true });
  });

  it("ask for consent to the face, with the hashes of both files", async () => {
    const { consent, yes } = await settles("lip_sync", { face: art(2), audio: art(1) });
    expect(consent).toMatchObject({ subject: "face", person: "whoever is seen in june.png" });
    expect(consent?.references.map(({ artifact }) => artifact)).toEqual([art(2), art(1)]);
    expect(yes?.statement).toContain("have agreed that their face is made to speak");
  });

  it.each([
    ["upscale_video", { video: art(2) }, /^unsupported_media: june.png is a picture; upscale_video needs a video/],
    ["upscale_video", { video: art(3), scale: 3 }, /^invalid_input: .*2 or 4/],
    ["lip_sync", { face: art(1), audio: art(1) }, /^unsupported_media: june.wav shows no face/],
    ["lip_sync", { face: art(2), audio: art(3) }, /^unsupported_media: walk.mp4 is a video without sound/],
    ["lip_sync", { face: art(2), audio: art(9) }, /^unknown_artifact/],
  ])("%s refuses %j", async (tool, input, words) => {
    expect(await failure(tool, input)).toMatch(words);
  });
});

describe("make_clip", () => {
  const wish = { script: "Hello.", prompt: "biscuit", loras: [{ name: "biscuit" }], voice: "june", seconds: 5 };
  const names = (stages: readonly { name: string; tool: string }[]) => stages.map(({ name, tool }) => `${name}: ${tool}`);

  it("is a voice, a picture with the LoRA, motion and lips, each settled, and one question for all", async () => {
    const { prepared, stages } = prepare("make_clip", wish, mine);
    const { input, yes, consent, makes, notes } = await prepared;
    expect(names(stages)).toEqual(["voice: speak", "picture: render_image", "motion: render_video", "lips: lip_sync"]);
    expect(input).toMatchObject({
      ...{ script: "Hello.", seconds: 5, language: "de" },
      stages: {
        voice: { input: { text: "Hello.", voice: june.id, format: "wav" } },
        picture: { input: { loras: [{ name: biscuit.id, weight: 1 }], count: 1 } },
        motion: { input: { image: "stage:picture", seconds: 5 } },
        lips: { input: { face: "stage:motion", audio: "stage:voice", person: "biscuit" } },
      },
    });
    expect([yes?.why, consent?.person]).toEqual([expect.stringMatching(/in 5 steps.*face of biscuit speak/), "biscuit"]);
    expect(makes).toMatchObject({ mediaType: "video/mp4", seconds: 5, sound: true });
    expect(notes).toEqual(["The model is for tests."]);
    await settles("make_clip", wish, mine);
  });

  it.each([
    ["a picture of the person's", { picture: art(2) }, ["voice: speak", "motion: render_video", "lips: lip_sync"]],
    ["a video of the person's", { picture: art(3) }, ["voice: speak", "lips: lip_sync"]],
    ["a still one", { motion: 0 }, ["voice: speak", "picture: render_image", "lips: lip_sync"]],
    ["one where nobody speaks", { lip_sync: false }, ["voice: speak", "picture: render_image", "motion: render_video"]],
    ["a large one", { lip_sync: false, motion: 0, picture: art(3), upscale: 2 }, ["voice: speak", "upscale: upscale_video"]],
  ])("of %s has the stages that it needs", async (_what, more, expected) => {
    const { script, prompt } = wish;
    const { prepared, stages } = prepare("make_clip", { script, prompt, ...more });
    await prepared;
    expect(names(stages)).toEqual(expected);
    await settles("make_clip", { script, prompt, ...more });
  });

  it.each<[string, object, string[]]>([
    ["the person's picture", { picture: art(2) }, [`${art(2)}: ${photo.sha256}`]],
    ["the person's picture, still", { picture: art(2), motion: 0 }, [`${art(2)}: ${photo.sha256}`]],
    ["the LoRA and the recording of the voice", wish, ["art_0000000000000004: 000", "art_0000000000000007: 111"]],
  ])("keeps with the consent, of the clip and of its lips, the hash of %s", async (_what, more, expected) => {
    const { script, prompt } = wish;
    const { prepared, stages } = prepare("make_clip", { script, prompt, ...more }, mine);
    const records = [await prepared, stages.find(({ name }) => name === "lips")?.prepared].map((one) => one?.consent?.references ?? []);
    const hashes = records.map((all) => all.flatMap(({ artifact, sha256 }) => (sha256 ? `${artifact}: ${sha256}` : [])).sort());
    for (const found of hashes) expect(found).toEqual(expected.map((line) => expect.stringContaining(line)));
  });

  it("is as long as its speech where no length is said", async () => {
    expect((await settles("make_clip", { script: "a".repeat(42), prompt: "x" })).input).toMatchObject({ seconds: 5 });
  });

  it.each([
    ["nothing to see", { script: "Hi" }, /^invalid_input: Say what is to be seen/],
    ["a recording to see", { script: "Hi", picture: art(1) }, /^unsupported_media: june.wav shows nothing/],
    [
      "too many words for it",
      { script: "a".repeat(300), prompt: "x", seconds: 5 },
      /^invalid_input: Speaking this takes about 31 s, the clip has 5 s/,
    ],
    [
      "two minutes and more",
      { script: "a".repeat(2500), prompt: "x" },
      /^invalid_input: Speaking this takes about 251 s, the clip has at most 120 s/,
    ],
    ["121 seconds", { script: "Hi", prompt: "x", seconds: 121 }, /^invalid_input: .*120/],
    ["no words", { script: " ", prompt: "x" }, /^invalid_input: .*say what is to be spoken/],
  ])("is refused: %s", async (_what, input, words) => {
    expect(await failure("make_clip", input)).toMatch(words);
  });

  describe("made again", () => {
    const again = async (changes: JsonObject): Promise<{ was: JsonObject; now: JsonObject }> => {
      const tool = toolOf("make_clip");
      const was = (await prepare("make_clip", wish, mine).prepared).input;
      const rolled = tool.reroll?.(was, changes) ?? {};
      return { was: was["stages"] as JsonObject, now: (await prepare("make_clip", rolled, mine).prepared).input["stages"] as JsonObject };
    };
    const changed = ({ was, now }: { was: JsonObject; now: JsonObject }) =>
      Object.keys(now).filter((name) => digest(now[name]) !== digest(was[name]));

    it.each<[string, JsonObject, string[]]>([
      ["other words", { text: "Good evening." }, ["voice"]],
      ["another voice", { voice: "other" }, ["voice"]],
      ["slower", { speed: 0.8 }, ["voice"]],
      ["another picture", { prompt: "biscuit at night" }, ["picture"]],
      ["another shape", { aspect: "tall" }, ["picture", "motion"]],
      ["more motion", { motion: 9 }, ["motion"]],
      ["longer", { seconds: 8 }, ["motion"]],
      ["all of it", {}, ["voice", "picture", "motion", "lips"]],
    ])("with %s settles anew only what that changes", async (_what, changes, expected) => {
      expect(changed(await again(changes))).toEqual(expected);
    });

    it("with words that take longer it is as long as they need", async () => {
      const tool = toolOf("make_clip");
      const was = (await prepare("make_clip", wish, mine).prepared).input;
      const rolled = tool.reroll?.(was, { text: "a".repeat(200) }) ?? {};
      expect((await prepare("make_clip", rolled, mine).prepared).input).toMatchObject({ seconds: 21 });
    });
  });
});
