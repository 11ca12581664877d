/** A tool that the rules have no words for: recognised by its own name, its form and its examples made from its schema. */
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { newId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import { defineJobTool } from "../../core/tool.ts";
import { artifactId } from "../../tools/fields.ts";
import { createTools } from "../../tools/index.ts";
import { picture } from "../../tools/testing/context.ts";
import { createTestChat } from "../testing/chat.ts";
import { copying, startFiller } from "../testing/fillers.ts";
import { createFakeStudio } from "../testing/studio.ts";
import { formOf, freeTextOf } from "./fields.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const narrate = defineJobTool({
  name: "narrate_picture",
  title: "Narrate a picture",
  alias: "narrate",
  description: "Reads a text over a picture.",
  input: z.strictObject({
    image: artifactId.describe("The picture."),
    script: z.string().min(1).describe("What is read."),
    mood: z.enum(["calm", "cheerful"]).optional().describe("How it is read."),
    speaker: z.string().max(100).optional().describe("A voice by name."),
    source_url: z.string().optional().describe("Not for a model."),
    take: z.int().optional().describe("A number."),
  }),
  positional: ["script"],
  artifactFields: ["image"],
  annotations: { readOnly: false, destructive: false, idempotent: false },
  prepare: async (input) => ({
    input: input as JsonObject,
    title: "Narrate",
    engine: "test",
    family: "test",
    vramGb: 0,
    class: "interactive",
  }),
  async run() {},
});

async function start(filler = copying) {
  const { ollama, model } = await startFiller(filler);
  closing.push(ollama.close);
  const studio = createFakeStudio([...createTools(), narrate]);
  const file = picture(newId("art"));
  studio.files.push(file);
  return { ollama, studio, file, chat: createTestChat({ studio, model }) };
}

describe("a new tool", () => {
  it("has its free text filled in, its picture from the message, and examples of its own", async () => {
    const { ollama, studio, file, chat } = await start((field) => (field === "script" ? "the fox came home in spring" : "calm"));
    await chat.turn("narrate in a calm way the fox came home in spring", { attachments: [file.id] });
    expect(studio.jobs.map(({ tool, input }) => [tool, input])).toEqual([
      ["narrate_picture", { image: file.id, script: "the fox came home in spring", mood: "calm" }],
    ]);
    const messages = ollama.chats()[0]?.["messages"] as { role: string; content: string }[];
    const shown = messages.filter(({ role }) => role === "assistant").map(({ content }) => Object.keys(JSON.parse(content) as object));
    expect(shown).toEqual([
      ["script", "mood"],
      ["script", "mood"],
    ]);
  });
  it("is asked back without the file that it needs, and in questions", async () => {
    const { ollama, studio, file, chat } = await start();
    await chat.turn("narrate the fox came home");
    await chat.turn("narrate what to whom?", { attachments: [file.id] });
    expect(studio.invoked).toEqual([]);
    expect(ollama.chats()).toEqual([]);
  });
});

describe("the fields that a model may fill", () => {
  it("are free text alone: no ids, links, names, numbers, and of a list only what was said", () => {
    expect(freeTextOf(narrate)).toEqual(["script"]);
    const form = formOf(narrate, {}, { lacks: true, said: (_field, values) => values.filter((value) => value === "calm") });
    expect(form.schema).toMatchObject({ required: ["script", "mood"], properties: { mood: { enum: ["calm", ""] } } });
    expect(form.parse('{"script":"a","mood":"cheerful"}')).toBeUndefined();
    expect(form.parse('{"script":"a","mood":"","image":"art_1"}')).toBeUndefined();
  });
  it("of the tools that exist are their words", () => {
    const free = createTools().flatMap((tool) => freeTextOf(tool).map((field) => `${tool.name}.${field}`));
    expect(free).toEqual([
      ...["render_image.prompt", "render_image.negative_prompt"],
      ...["speak.text", "clone_voice.transcript", "clone_voice.test_sentence", "edit_voice.transcript"],
      ...["render_video.prompt", "render_video.negative_prompt", "make_clip.script", "make_clip.prompt", "make_dataset.subject"],
      ...["reroll_job.prompt", "reroll_job.negative_prompt", "reroll_job.text"],
    ]);
  });
});
