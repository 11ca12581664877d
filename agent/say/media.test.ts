/** What a chat says of speech, videos and clips: their steps, how far they are, what is to be known of them, and what can be said next. */
import { describe, expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import { picture } from "../../tools/testing/context.ts";
import { createTestChat, doneOf, textOf } from "../testing/chat.ts";
import { createFakeStudio } from "../testing/studio.ts";

async function withClip(text = "make a clip of a wizard saying hello") {
  const chat = createTestChat();
  const parts = await chat.turn(text);
  const head = chat.studio.jobs.find(({ tool }) => tool === "make_clip");
  const stage = (name: string) => chat.studio.jobs.find(({ tree }) => tree?.stage === name)?.id ?? "";
  if (!head) throw new Error(textOf(parts));
  return { chat, parts, head, stage };
}

describe("a clip", () => {
  it("is accepted with its steps in order, in plain words, and with what is to be known of it", async () => {
    const { parts, head } = await withClip();
    expect(textOf(parts)).toContain(
      [
        `Job ${head.id} (${head.title}) is queued.`,
        "Step by step: the voice, the picture, its motion, the lips, then all of it joined, with captions.",
        "The model is for tests.",
      ].join("\n"),
    );
    expect(textOf(parts)).not.toMatch(/job_.*job_/);
    expect(doneOf(parts).jobs.map(({ id }) => id)).toEqual([head.id]);
  });
  it("without captions or lips does not promise them", async () => {
    const { parts } = await withClip("/clip hello --prompt wizard --captions no --lip-sync no --motion 0");
    expect(textOf(parts)).toContain("Step by step: the voice, the picture, then all of it joined.");
  });
  it("tells how far its steps are to somebody who asks", async () => {
    const { chat, stage } = await withClip();
    chat.studio.finish(stage("voice"));
    const drawn = chat.studio.jobs.find(({ id }) => id === stage("picture"));
    Object.assign(drawn ?? {}, { state: "running", progress: { stage: "sampling", fraction: 0.4 } });
    expect(textOf(await chat.turn("is it done?"))).toContain(
      "is under way. Done: the voice. Now: the picture (40 %). Then: its motion, the lips, all of it joined, with captions.",
    );
  });
  it("that failed says which step did, and why", async () => {
    const { chat, head, stage } = await withClip();
    const lips = chat.studio.jobs.find(({ id }) => id === stage("lips"));
    Object.assign(lips ?? {}, { state: "failed", error: { code: "no_face", message: "No face was found.", retryable: false } });
    Object.assign(head, { state: "failed", blocked: false, error: { code: "needs_failed", message: "A step failed.", retryable: false } });
    expect(textOf(await chat.turn(`/job ${head.id}`))).toContain("It was stopped by the lips: No face was found.");
  });
  it("made again keeps what does not change, and says so", async () => {
    const { chat, head, stage } = await withClip();
    for (const name of ["voice", "picture", "motion", "lips"]) chat.studio.finish(stage(name));
    chat.studio.finish(head.id);
    const text = textOf(await chat.turn("say good evening instead"));
    expect(text).toContain("Step by step: the voice, the lips, then all of it joined, with captions.");
    expect(text).toContain("The picture and its motion stay as before.");
  });
  it("that is there is followed by what can be said next, and so are speech and videos", async () => {
    const { chat, head } = await withClip();
    for (const { id } of [...chat.studio.jobs]) chat.studio.finish(id);
    expect(textOf(await chat.turn(`/job ${head.id}`))).toMatch(/Say "redo the voice"/);
    await chat.turn('say "good morning"');
    const speech = chat.studio.jobs.at(-1)?.id ?? "";
    expect(textOf(await chat.turn(`/job ${speech}`))).not.toMatch(/Say "/);
    chat.studio.finish(speech);
    expect(textOf(await chat.turn(`/job ${speech}`))).toMatch(/Say "another take"/);
  });
  it("is what a later message changes, never one of its stages", async () => {
    const { chat, head, stage } = await withClip();
    for (const { id } of [...chat.studio.jobs]) chat.studio.finish(id);
    await chat.turn("upscale that");
    expect(chat.studio.invoked.at(-1)).toMatchObject({ tool: "upscale_video", input: { video: head.artifacts[0]?.id } });
    await chat.turn("/upscale the picture of the clip");
    const drawn = chat.studio.jobs.find(({ id }) => id === stage("picture"));
    expect(chat.studio.invoked.at(-1)).toMatchObject({ tool: "upscale_image", input: { image: drawn?.artifacts[0]?.id } });
  });
});

describe("a voice", () => {
  const recorded = () => {
    const studio = createFakeStudio();
    const file = picture(newId("art"), { mediaType: "audio/wav", name: "june.wav", seconds: 20 });
    studio.files.push(file);
    return { studio, file, chat: createTestChat({ studio }) };
  };
  it("is asked about before anything is made, and one plain yes makes it", async () => {
    const { studio, file, chat } = recorded();
    studio.needsYes = ({ tool }) => tool === "clone_voice";
    const asked = await chat.turn("clone this voice as june, it is June Carter", { attachments: [file.id] });
    expect(asked.map(({ type }) => type)).toEqual(["question", "done"]);
    expect(studio.jobs).toEqual([]);
    await chat.turn("yes");
    expect(studio.jobs.map(({ tool, input }) => [tool, input["person"]])).toEqual([["clone_voice", "June Carter"]]);
  });
  it("whose it is may be said in the next message: the recording is remembered", async () => {
    const { studio, file, chat } = recorded();
    expect(textOf(await chat.turn("clone this voice", { attachments: [file.id] }))).toMatch(/Whose voice is it/);
    await chat.turn("clone this voice as june, it is June Carter");
    expect(studio.invoked).toMatchObject([{ tool: "clone_voice", input: { audio: file.id, person: "June Carter" } }]);
  });
});
