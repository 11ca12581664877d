/** What a planning model is told of recordings, videos and clips, and what becomes of its calls. */
import { afterEach, describe, expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import { silentLog } from "../../core/log.ts";
import { picture } from "../../tools/testing/context.ts";
import { chatModelOf } from "../model.ts";
import { createTestChat, errorOf, textOf } from "../testing/chat.ts";
import { type FakeOllamaOptions, startFakeOllama } from "../testing/fake-ollama.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(replies: NonNullable<FakeOllamaOptions["replies"]>) {
  const ollama = await startFakeOllama({ replies });
  closing.push(ollama.close);
  const seen = { get: async () => true, set: async () => {} };
  return { ollama, chat: createTestChat({ model: chatModelOf({ ollama: { url: ollama.url, configured: true }, seen, log: silentLog }) }) };
}

const call = (name: string, input: JsonObject) => ({ name, arguments: input });
const toldIn = (body: JsonObject | undefined): { data: JsonObject; words: string } => {
  const messages = (body?.["messages"] ?? []) as { role: string; content: string }[];
  const words = messages.find(({ role }) => role === "system")?.content ?? "";
  return { words, data: JSON.parse(words.slice(words.lastIndexOf("DATA {") + 5)) as JsonObject };
};

describe("a planning model", () => {
  it("is told which attached file is a recording and which a video, how long they are, and those of earlier messages", async () => {
    const { chat, ollama } = await start([{ text: "Nice." }, { text: "Yes." }]);
    const files = [
      picture(newId("art"), { mediaType: "audio/mpeg", name: "june.mp3", seconds: 12 }),
      picture(newId("art"), { mediaType: "video/mp4", name: "walk.mp4", seconds: 4 }),
      picture(newId("art")),
    ];
    chat.studio.files.push(...files);
    await chat.turn("look", { attachments: files.map(({ id }) => id) });
    expect(toldIn(ollama.chats()[0]).data["attached_to_this_message"]).toMatchObject([
      { artifact_id: files[0]?.id, kind: "recording", seconds: 12 },
      { artifact_id: files[1]?.id, kind: "video", seconds: 4 },
      { artifact_id: files[2]?.id },
    ]);
    await chat.turn("and now?");
    expect(toldIn(ollama.chats()[1]).data).toMatchObject({
      photos_of_an_earlier_message: 1,
      recordings_and_videos_of_earlier_messages: [
        { artifact_id: files[1]?.id, kind: "video" },
        { artifact_id: files[0]?.id, kind: "recording" },
      ],
    });
  });

  it("is told of a clip once, with the job of each stage, and that consent is never its own to give", async () => {
    const { chat, ollama } = await start([{ text: "Yes." }]);
    await chat.turn("/clip hello --prompt wizard");
    await chat.turn("what did we make?");
    const { data, words } = toldIn(ollama.chats()[0]);
    const head = chat.studio.jobs.find(({ tool }) => tool === "make_clip");
    expect(data["jobs_oldest_first"]).toEqual([
      expect.objectContaining({ job_id: head?.id, makes: "video", shows: 'wizard, saying "hello"', stages: head?.tree?.stages }),
    ]);
    expect(words).toMatch(/yes of a person, which the studio asks for by itself: never invent/);
  });

  it("may say 'that recording' and 'the picture', each found by its kind", async () => {
    const { chat } = await start([{ calls: [call("lip_sync", { face: "the picture", audio: "that recording", person: "me" })] }]);
    const files = [picture(newId("art"), { mediaType: "audio/wav", seconds: 5 }), picture(newId("art"))];
    chat.studio.files.push(...files);
    const parts = await chat.turn("make her speak this, it is me", { attachments: files.map(({ id }) => id) });
    expect(errorOf(parts)).toBeUndefined();
    expect(chat.studio.invoked).toMatchObject([{ tool: "lip_sync", input: { face: files[1]?.id, audio: files[0]?.id } }]);
  });

  it("does one stage of a clip again by its name, and hears where a file is of the wrong kind", async () => {
    const { chat, ollama } = await start([
      { calls: [call("reroll_job", { job_id: "the voice" })] },
      { calls: [call("render_video", { image: "that video" })] },
      { text: "That is a video already." },
    ]);
    await chat.turn("/clip hello --prompt wizard");
    const voice = chat.studio.jobs.find(({ tree }) => tree?.stage === "voice")?.id;
    for (const { id } of [...chat.studio.jobs]) chat.studio.finish(id);
    await chat.turn("the voice once more");
    expect(chat.studio.invoked.at(-1)).toMatchObject({ tool: "reroll_job", input: { job_id: voice } });
    expect(textOf(await chat.turn("let it move"))).toContain("That is a video already.");
    expect(JSON.stringify(ollama.chats().at(-1))).toContain("That is a video, and this takes a picture.");
  });

  it("clones a voice and speaks in it within one plan", async () => {
    const file = picture(newId("art"), { mediaType: "audio/wav", seconds: 20 });
    const { chat } = await start([
      {
        calls: [
          call("clone_voice", { name: "june", audio: file.id, person: "June Carter" }),
          call("speak", { text: "good morning", voice: "june" }),
        ],
      },
    ]);
    chat.studio.files.push(file);
    const parts = await chat.turn("clone this voice as june, it is June Carter, and say good morning in it", { attachments: [file.id] });
    expect(errorOf(parts)).toBeUndefined();
    expect(chat.studio.jobs.map(({ tool, blocked }) => [tool, blocked ?? false])).toEqual([
      ["clone_voice", false],
      ["speak", true],
    ]);
    expect(textOf(parts)).toContain('It starts by itself when "Clone voice: june" is done.');
  });
});
