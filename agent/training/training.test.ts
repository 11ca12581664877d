/** Training by plain words, without any model: plans in order, what is asked back, and the photos that are meant. */
import { describe, expect, it } from "vitest";
import { createTestChat, doneOf, errorOf, textOf } from "../testing/chat.ts";
import { ownDataset, photos } from "../testing/training.ts";

type Chat = ReturnType<typeof createTestChat>;
const calls = (chat: Chat) => chat.studio.invoked.map(({ tool, input }) => [tool, input]);

/** What a turn submitted, with photos attached. */
async function asked(text: string, count = 12) {
  const chat = createTestChat();
  const ids = photos(chat, count);
  const parts = await chat.turn(text, { attachments: ids });
  return { chat, ids, parts };
}

describe("train a LoRA", () => {
  it.each([
    "train a LoRA called biscuit, trigger bsct dog",
    "Please train a lora named biscuit on these photos with the trigger word bsct dog",
    "hi, could you train a LoRA on these 12 photos? Call it biscuit, trigger: bsct dog",
    "train a lora from these pictures called biscuit with trigger words bsct dog",
    "make me a lora called biscuit from the attached photos, triggered by bsct dog",
    'train a LoRA called "biscuit", trigger "bsct dog"',
    "call it biscuit, trigger bsct dog",
    "trian a lora called biscuit, trigger bsct dog pls",
    "Trainiere eine LoRA namens biscuit mit diesen Fotos, Triggerwort bsct dog",
    "Kannst du bitte eine LoRA auf diesen Bildern trainieren, sie soll biscuit heißen, Trigger bsct dog",
    "entrena un LoRA llamado biscuit con estas fotos, palabra clave bsct dog",
  ])("%s", async (text) => {
    const { chat, ids } = await asked(text);
    expect(calls(chat)).toEqual([
      ["make_dataset", { name: "biscuit", pictures: ids }],
      ["train_lora", { name: "biscuit", trigger_words: ["bsct dog"], dataset: "biscuit" }],
    ]);
  });
  it("takes numbers, a base, a seed and several trigger words in any order", async () => {
    const { chat } = await asked(
      "train a LoRA called inky: 1,200 steps, rank 16, triggers inkst, inkst style, seed 7, model dreamshaper_8, resolution 512",
    );
    expect(calls(chat)).toEqual([
      ["make_dataset", expect.objectContaining({ name: "inky", resolution: 512 })],
      [
        "train_lora",
        {
          ...{ name: "inky", trigger_words: ["inkst", "inkst style"], dataset: "inky", base_model: "dreamshaper_8" },
          ...{ steps: 1200, rank: 16, seed: 7, settings: { resolution: 512 } },
        },
      ],
    ]);
  });
  it.each([
    ["teach it my dog, call it biscuit, trigger bsct dog", "my dog"],
    ["train a lora of my dog called biscuit, trigger bsct dog", "my dog"],
    ["train a lora called biscuit on these photos of a brown dog, trigger bsct dog", "a brown dog"],
    ["bring ihm meinen Hund bei, nenne ihn biscuit, Auslösewort bsct dog", "meinen Hund"],
  ])("tells the captions what is to be seen: %s", async (text, subject) => {
    const { chat } = await asked(text);
    expect(chat.studio.invoked[0]?.input).toMatchObject({ name: "biscuit", subject });
    expect(chat.studio.invoked[1]?.input).toMatchObject({ trigger_words: ["bsct dog"] });
  });
  it("uses a dataset that is there: named, or of the same name", async () => {
    const chat = createTestChat();
    ownDataset(chat, "dogs");
    ownDataset(chat, "biscuit");
    await chat.turn("train a lora called rex on the dataset dogs, trigger rxq dog");
    await chat.turn("train a lora called bix on my Dogs dataset, trigger bxq dog");
    await chat.turn("train a lora called biscuit, trigger bsct dog");
    expect(chat.studio.invoked.map(({ tool, input }) => [tool, (input as { dataset: string }).dataset])).toEqual([
      ["train_lora", "dogs"],
      ["train_lora", "dogs"],
      ["train_lora", "biscuit"],
    ]);
  });
  it("makes another dataset of photos that come with the request, where the name is taken", async () => {
    const chat = createTestChat();
    ownDataset(chat, "biscuit");
    await chat.turn("train a lora called biscuit, trigger bsct dog", { attachments: photos(chat) });
    expect(chat.studio.jobs.map(({ input }) => input["dataset"] ?? input["name"])).toEqual(["biscuit 2", "biscuit 2"]);
  });
  it("waits for its dataset, and says so in words", async () => {
    const { chat, parts } = await asked("train a lora called biscuit, trigger bsct dog, then draw me with it");
    const [dataset, lora, drawing] = chat.studio.jobs;
    expect(lora?.needs).toEqual([dataset?.id]);
    expect(drawing?.needs).toEqual([lora?.id]);
    expect(textOf(parts)).toMatch(/Train LoRA: biscuit.* is queued\.\nIt starts by itself when "Dataset: biscuit" is done\./);
    expect(textOf(parts)).toMatch(/Render: .* is queued\.\nIt starts by itself when "Train LoRA: biscuit[^"]*" is done\./);
    expect(textOf(parts)).toContain("With your LoRA biscuit (bsct dog).");
    expect(doneOf(parts).jobs).toHaveLength(3);
  });
});

describe("one sentence for all of it", () => {
  const train = "train a LoRA called biscuit, trigger bsct dog";
  it.each([
    [`${train}, then draw me with it`, { prompt: "bsct dog" }],
    [`${train} and then draw me with it on the beach, wide`, { prompt: "bsct dog on the beach", aspect: "wide" }],
    [`${train}, then draw me as an astronaut`, { prompt: "bsct dog as an astronaut" }],
    [`${train}. Then draw a castle with it, seed 7`, { prompt: "a castle", seed: 7 }],
    [`${train}, then draw biscuit on the beach`, { prompt: "biscuit on the beach" }],
    [`${train}, and draw two pictures of it`, { prompt: "bsct dog", count: 2 }],
    ["Trainiere eine LoRA namens biscuit, Trigger bsct dog, dann zeichne mich damit am Strand", { prompt: "bsct dog am Strand" }],
    ["entrena un lora llamado biscuit, trigger bsct dog, y luego dibújame con él en la playa", { prompt: "bsct dog en la playa" }],
  ])("%s", async (text, drawing) => {
    const { chat } = await asked(text);
    expect(calls(chat).map(([tool]) => tool)).toEqual(["make_dataset", "train_lora", "render_image"]);
    expect(chat.studio.invoked[2]?.input).toEqual({ ...drawing, loras: [{ name: "biscuit" }] });
  });
  it("is one question for the whole plan, and after a yes three jobs in order", async () => {
    const chat = createTestChat();
    chat.studio.needsYes = ({ tool }) => tool === "train_lora";
    const question = await chat.turn(`${train}, then draw me with it`, { attachments: photos(chat) });
    expect(question.map(({ type }) => type)).toEqual(["question", "done"]);
    expect(chat.studio.invoked).toEqual([]);
    await chat.turn("yes");
    expect(chat.studio.jobs.map(({ tool }) => tool)).toEqual(["make_dataset", "train_lora", "render_image"]);
    expect(chat.studio.jobs.map(({ blocked }) => blocked ?? false)).toEqual([false, true, true]);
  });
  it("leaves out what needs a call that was not accepted, and says which", async () => {
    const chat = createTestChat();
    const accepted: string[] = [];
    chat.studio.before = ({ tool }) => {
      accepted.push(tool);
      if (tool === "make_dataset") throw new Error("a disk that is full");
    };
    const parts = await chat.turn(`${train}, then draw me with it, then draw a fox`, { attachments: photos(chat) });
    expect(accepted).toEqual(["make_dataset", "render_image"]);
    expect(chat.studio.jobs.map(({ input }) => input["prompt"])).toEqual(["a fox"]);
    expect(textOf(parts)).toMatch(/train_lora was left out: it needs what make_dataset would have made/);
    expect(textOf(parts)).toMatch(/render_image was left out: it needs what train_lora would have made/);
  });
});

describe("what is missing is asked back in one question, with an example, and nothing is submitted", () => {
  it.each([
    [
      "train a lora on these photos",
      12,
      /What shall it be called, and which trigger words.*train a LoRA called biscuit, trigger bsct dog.*12 files.*no need to attach/,
    ],
    ["train a LoRA called rex", 12, /Which trigger words shall call rex up\?.*train a LoRA called rex, trigger/],
    ["train a lora with the trigger rxq dog", 12, /What shall it be called\?.*trigger rxq dog/],
    ["train a lora called rex, trigger rxq dog", 0, /Attach the photos.*train a LoRA called rex, trigger rxq dog/],
    ["can you train a lora?", 0, /What shall it be called, and which trigger words.*Attach the photos/],
    ["make a dataset from these", 12, /What shall the dataset be called\?/],
    ["make a dataset called dogs", 0, /Attach the photos/],
  ])("%s", async (text, count, question) => {
    const { chat, parts } = await asked(text, count);
    expect(chat.studio.invoked).toEqual([]);
    expect(errorOf(parts)).toBeUndefined();
    expect(textOf(parts)).toMatch(question);
  });
  it.each([
    "don't train a lora called biscuit, trigger bsct dog",
    "train a lora called biscuit, trigger bsct dog tomorrow",
    "would you train a lora if I gave you photos?",
    'he wrote "train a lora called biscuit, trigger bsct dog"',
    "train hard and eat well",
    "draw a train called biscuit",
    "learn my name",
  ])("and nothing for: %s", async (text) => {
    const { chat } = await asked(text);
    expect(chat.studio.invoked.filter(({ tool }) => tool !== "render_image")).toEqual([]);
  });
});

describe("the photos of an earlier message", () => {
  it("are meant where this one brings none; pictures and archives alone, of this branch, the newest first", async () => {
    const chat = createTestChat();
    const first = photos(chat, 11, { zip: true, sound: true });
    const other = photos(chat, 3);
    await chat.turn("train a lora on these photos", { message: "m1", attachments: first, branch: [] });
    await chat.turn("hello, these are others", { message: "m2", attachments: other, branch: [] });
    await chat.turn("train a lora called biscuit, trigger bsct dog", { message: "m3", branch: ["m1"] });
    expect(chat.studio.invoked[0]).toMatchObject({ tool: "make_dataset", input: { pictures: first.slice(0, 12) } });
  });
  it("are kept over a question that is answered with no", async () => {
    const chat = createTestChat();
    chat.studio.needsYes = ({ tool }) => tool === "train_lora";
    const ids = photos(chat);
    await chat.turn("train a lora called biscuit, trigger bsct dog", { attachments: ids });
    await chat.turn("no");
    chat.studio.needsYes = () => false;
    await chat.turn("train a lora called rex on those, trigger rxq dog");
    expect(chat.studio.invoked[0]?.input).toMatchObject({ name: "rex", pictures: ids });
  });
  it("are joined by 'all of them', up to 500", async () => {
    const chat = createTestChat();
    const [one, two] = [photos(chat, 300), photos(chat, 300)];
    await chat.turn("make a dataset from these", { attachments: one });
    await chat.turn("make a dataset called dogs from all the photos", { attachments: two });
    const pictures = chat.studio.invoked.map(({ input }) => (input as { pictures: string[] }).pictures);
    expect(pictures).toEqual([[...one, ...two].slice(0, 500)]);
  });
});
