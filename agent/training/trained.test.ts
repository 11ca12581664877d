/** What was trained, by plain words without any model: drawn with, renamed, deleted, its captions changed, a training steered. */
import { describe, expect, it } from "vitest";
import { createTestChat, textOf } from "../testing/chat.ts";
import { ownDataset, ownLora, photos, training } from "../testing/training.ts";

type Chat = ReturnType<typeof createTestChat>;
const calls = (chat: Chat) => chat.studio.invoked.map(({ tool, input }) => [tool, input]);

describe("drawing with a LoRA of one's own", () => {
  it.each([
    ["draw biscuit on the beach", { prompt: "biscuit on the beach", loras: [{ name: "biscuit" }] }],
    ["a picture of Biscuit at night, wide", { prompt: "Biscuit at night", aspect: "wide", loras: [{ name: "biscuit" }] }],
    ["draw a bsct dog in snow", { prompt: "a bsct dog in snow", loras: [{ name: "biscuit" }] }],
    ["zeichne Biscuit am Strand", { prompt: "Biscuit am Strand", loras: [{ name: "biscuit" }] }],
    ["draw a biscuit on a plate", { prompt: "a biscuit on a plate" }],
    ["draw a tasty little biscuit", { prompt: "a tasty little biscuit" }],
    ["draw biscuit with lora inkwash", { prompt: "biscuit", loras: [{ name: "inkwash" }] }],
    ["draw biscuits", { prompt: "biscuits" }],
  ])("%s", async (text, input) => {
    const chat = createTestChat();
    ownLora(chat);
    const parts = await chat.turn(text);
    expect(chat.studio.invoked.map(({ input: sent }) => sent)).toEqual([input]);
    if ("loras" in input && input.loras[0]?.name === "biscuit") expect(textOf(parts)).toContain("With your LoRA biscuit (bsct dog).");
  });
  it("that is still in training waits for it", async () => {
    const chat = createTestChat();
    const id = training(chat, "running", { stage: "training", fraction: 0.2 });
    const parts = await chat.turn("draw biscuit on the beach");
    expect(chat.studio.jobs[1]).toMatchObject({ needs: [id], blocked: true });
    expect(textOf(parts)).toContain('It starts by itself when "Train LoRA: biscuit');
  });
  it("'with it' is the one that was just trained here, by the name that it has now", async () => {
    const chat = createTestChat();
    await chat.turn("train a lora called biscuit, trigger bsct dog", { attachments: photos(chat) });
    for (const { id } of chat.studio.jobs) chat.studio.finish(id);
    await chat.turn("rename the lora biscuit to bella");
    await chat.turn("draw me with it on the beach");
    expect(chat.studio.invoked.at(-1)?.input).toEqual({ prompt: "bsct dog on the beach", loras: [{ name: "bella" }] });
  });
});

describe("what was trained", () => {
  it.each([
    ["list my LoRAs", "list_assets", { kind: "lora" }],
    ["show me my datasets", "list_assets", { kind: "dataset" }],
    ["zeig mir meine LoRAs", "list_assets", { kind: "lora" }],
    ["muéstrame mis loras", "list_assets", { kind: "lora" }],
    ["rename biscuit to bella", "rename_asset", { asset: "biscuit", kind: "lora", name: "bella" }],
    ["rename the dataset biscuit to dogs", "rename_asset", { asset: "biscuit", kind: "dataset", name: "dogs" }],
    ["benenne biscuit in bella um", "rename_asset", { asset: "biscuit", kind: "lora", name: "bella" }],
    ["delete the LoRA biscuit", "delete_asset", { asset: "biscuit", kind: "lora" }],
    ["lösche den Datensatz biscuit", "delete_asset", { asset: "biscuit", kind: "dataset" }],
    ["caption 3: a dog on grass", "edit_dataset", { dataset: "biscuit", captions: [{ picture: 3, caption: "a dog on grass" }] }],
    [
      'change caption 3 to "a dog, on grass"',
      "edit_dataset",
      { dataset: "biscuit", captions: [{ picture: 3, caption: "a dog, on grass" }] },
    ],
    ["leave out picture 5", "edit_dataset", { dataset: "biscuit", leave_out: [5] }],
    ["remove pictures 5, 7 and 9 from the dataset", "edit_dataset", { dataset: "biscuit", leave_out: [5, 7, 9] }],
    ["leave out the third picture", "edit_dataset", { dataset: "biscuit", leave_out: [3] }],
    ["lass Bild 5 weg", "edit_dataset", { dataset: "biscuit", leave_out: [5] }],
  ])("%s", async (text, tool, input) => {
    const chat = createTestChat();
    ownLora(chat);
    ownDataset(chat);
    await chat.turn(text);
    expect(calls(chat)).toEqual([[tool, input]]);
  });
  it("is changed once for several changes in a message", async () => {
    const chat = createTestChat();
    ownDataset(chat);
    await chat.turn("caption 3: a dog on grass\ncaption 4: a dog in snow\nleave out picture 5");
    expect(chat.studio.invoked.map(({ input }) => input)).toEqual([
      {
        dataset: "biscuit",
        captions: [
          { picture: 3, caption: "a dog on grass" },
          { picture: 4, caption: "a dog in snow" },
        ],
        leave_out: [5],
      },
    ]);
  });
  it.each([
    ["delete biscuit", /a LoRA and a dataset called biscuit\. Say "delete the LoRA biscuit"/],
    ["delete the lora rex", /no LoRA "rex" of yours\. There are: biscuit/],
    ["rename the dataset rex to max", /no dataset "rex"/],
    ["stop the training", /No training of yours is running|did not understand/],
  ])("is asked about where %s", async (text, question) => {
    const chat = createTestChat();
    ownLora(chat);
    ownDataset(chat);
    expect(textOf(await chat.turn(text))).toMatch(question);
    expect(chat.studio.invoked).toEqual([]);
  });
});

it("after a dataset 'that' is its sheet, the one picture it shows; numbers are for its captions", async () => {
  const chat = createTestChat();
  await chat.turn("make a dataset called biscuit from these", { attachments: photos(chat) });
  const [made] = chat.studio.jobs;
  chat.studio.finish(made?.id ?? "");
  await chat.turn("upscale that");
  expect(calls(chat).at(-1)).toEqual(["upscale_image", expect.objectContaining({ image: chat.studio.jobs[0]?.artifacts[0]?.id })]);
  await chat.turn("leave out picture 5");
  expect(calls(chat).at(-1)).toEqual(["edit_dataset", { dataset: "biscuit", leave_out: [5] }]);
});

describe("a training that runs", () => {
  it.each([
    ["stop the training and keep it", "keep"],
    ["that's enough, keep it", "keep"],
    ["stop here and keep what there is", "keep"],
    ["show me a sample now", "sample"],
    ["another sample please", "sample"],
    ["save it now", "save"],
    ["stoppe das Training und behalte es", "keep"],
    ["zeig mir jetzt ein Probebild", "sample"],
    ["speichere jetzt", "save"],
    ["para el entrenamiento y guárdalo", "keep"],
    ["muéstrame una muestra ahora", "sample"],
  ])("%s", async (text, name) => {
    const chat = createTestChat();
    const id = training(chat, "running");
    await chat.turn(text);
    expect(chat.studio.orders).toEqual([{ id, name }]);
  });
  it("is not simply stopped: what becomes of it is asked", async () => {
    const chat = createTestChat();
    training(chat, "running");
    expect(textOf(await chat.turn("stop the training"))).toMatch(/Say "stop the training and keep it".*or "cancel the training"/);
    expect(chat.studio.invoked).toEqual([]);
    await chat.turn("cancel the training");
    expect(chat.studio.jobs[0]?.state).toBe("canceled");
  });
  it.each(["resume the training", "continue the training of biscuit", "setze das Training fort", "reanuda el entrenamiento"])(
    "that failed goes on: %s",
    async (text) => {
      const chat = createTestChat();
      const id = training(chat, "failed", { stage: "training", fraction: 0.3, savedStep: 250 });
      await chat.turn(text);
      expect(calls(chat)).toEqual([["retry_job", { job_id: id }]]);
    },
  );
  it("is nothing that 'save it' or 'show me a sample' means where none runs", async () => {
    const chat = createTestChat();
    await chat.turn("save it now");
    expect(textOf(await chat.turn("show me a sample now"))).toContain("No training of yours is running");
    expect(chat.studio.invoked).toEqual([]);
  });
});
