/** What the rules must never take for a request, and pieces of them alone. */
import { describe, expect, it } from "vitest";
import { newId } from "../../core/ids.ts";
import { picture } from "../../tools/testing/context.ts";
import type { Memory } from "../memory/memory.ts";
import { noRequests } from "../testing/no-requests.ts";
import { jobRow } from "../testing/studio.ts";
import { clausesOf, mask } from "./clauses.ts";
import { languages } from "./compile.ts";
import { planByRules } from "./plan.ts";
import { readReference } from "./reference.ts";
import { corrected } from "./typos.ts";

const job = newId("job");
const file = picture(newId("art"), { job });
const memory: Memory = {
  attachments: [],
  jobs: [
    jobRow({
      id: job,
      tool: "render_image",
      state: "succeeded",
      input: { prompt: "a red fox", seed: 42, count: 1, negative_prompt: "" },
      artifacts: [file],
      origin: { conversation: "c", message: "m", ordinal: 0 },
    }),
  ],
};
const callsOf = (text: string) => planByRules(text, memory).calls;
const english = languages[0];
if (!english) throw new Error("no English");

describe("the rules submit nothing for", () => {
  it.each(noRequests)("%s", (text) => expect(callsOf(text)).toEqual([]));

  it("anything whose words they did not all place", () => {
    expect(callsOf("draw a fox. Then mail it to Anna.")).toEqual([]);
    expect(callsOf("draw a fox and book a table")).toEqual([{ tool: "render_image", input: { prompt: "a fox and book a table" } }]);
  });
  it("quoted words, links and names", () => {
    expect(callsOf('he wrote "draw a dragon" on the wall')).toEqual([]);
    expect(planByRules("upscale https://example.com/cat.png", memory).text).toMatch(/do not open links/);
  });
});

describe("the rules place", () => {
  it.each([
    ["paint me a stormy ocean, 21:9, seed 99", { prompt: "a stormy ocean", aspect: "21:9", seed: 99 }],
    ["draw a knight, no blood, no text", { prompt: "a knight", negative_prompt: "blood, text" }],
    ["draw a cat. make it wide", { prompt: "a cat", aspect: "wide" }],
    ["draw a fox please, and make it square", { prompt: "a fox", aspect: "square" }],
    ["Hey there, please draw my grandmother as an astronaut", { prompt: "my grandmother as an astronaut" }],
    ["can I have a picture of a waterfall please?", { prompt: "a waterfall" }],
    ["3 photos of a pier", { prompt: "a photo of a pier", count: 3 }],
    ["an oil painting of a pier", { prompt: "an oil painting of a pier" }],
    ["draw a robot with lora pixel:0.7 and lora ink", { prompt: "a robot", loras: [{ name: "pixel", weight: 0.7 }, { name: "ink" }] }],
    ["My son is six. Draw a dinosaur. It's for his birthday.", { prompt: "a dinosaur" }],
    ["could u draw me a picutre of a barn pls :)", { prompt: "a barn" }],
    ["draw a ballerina 1024 by 768", { prompt: "a ballerina", width: 1024, height: 768 }],
    ["create a forest, 768x512", { prompt: "a forest", width: 768, height: 512 }],
    ["draw a hall, negative prompt: people, text, wide", { prompt: "a hall", negative_prompt: "people, text", aspect: "wide" }],
    ["una imagen cuadrada de un tren", { prompt: "un tren", aspect: "square" }],
    ["Könntest du bitte einen Wald im Nebel zeichnen?", { prompt: "einen Wald im Nebel" }],
  ])("%s", (text, input) => expect(callsOf(text)).toEqual([{ tool: "render_image", input }]));
  it.each([
    ["double the size of it", { image: file.id, scale: 2 }],
    ["triple the size of it", { image: file.id, scale: 3 }],
    ["upscale the fox by 3", { image: file.id, scale: 3 }],
    ["mach das größer", { image: file.id }],
  ])("%s", (text, input) => expect(callsOf(text)).toEqual([{ tool: "upscale_image", input }]));
  it.each([
    ["generate a video of a dog, 16:9", { prompt: "a dog", aspect: "16:9" }],
    ["create a 3 second video of a cat, square", { prompt: "a cat", seconds: 3, aspect: "square" }],
    ["animate the fox", { image: file.id }],
    ["animiere den Fox", { image: file.id }],
    ["animate it", { image: file.id }],
  ])("%s", (text, input) => expect(callsOf(text)).toEqual([{ tool: "render_video", input }]));
  it("a picture that is not there is named, and nothing else is animated", () => {
    expect(planByRules("animate the walrus", memory)).toMatchObject({ calls: [], text: expect.stringContaining('shows "walrus"') });
  });
});

describe("pieces", () => {
  it("correct typos of commands, and no word that is one", () => {
    for (const [typo, word] of [
      ["darw", "draw"],
      ["upscle", "upscale"],
      ["cancle", "cancel"],
      ["drraw", "draw"],
    ] as const)
      expect(corrected(typo, [word])).toBe(word);
    expect(corrected("foto", ["foto", "fotos"])).toBeUndefined();
    for (const word of ["drew", "drawn", "draws", "print", "sketchy", "renders", "pant"])
      expect(
        corrected(
          word,
          ["draw", "paint", "sketch", "render"].filter((c) => c !== "paint" || word !== "pant"),
        ),
      ).toBeUndefined();
  });
  it("keep quotations whole", () => {
    const masked = mask('draw a sign that says "stop. draw a cat"');
    expect(clausesOf(masked.text, english)).toHaveLength(1);
    expect(masked.unmask(masked.text)).toContain('"stop. draw a cat"');
  });
  it.each([
    ["that", { kind: "that" }],
    ["das Bild", { kind: "that" }],
    ["that video", { kind: "that", of: "video" }],
    ["die Aufnahme", { kind: "that", of: "sound" }],
    ["la grabación", { kind: "that", of: "sound" }],
    ["la segunda", { kind: "number", number: 2 }],
    ["#4", { kind: "number", number: 4 }],
    ["number three", { kind: "number", number: 3 }],
    ["the last one", { kind: "last" }],
    ["all of them", { kind: "all" }],
    ["the red fox", { kind: "words", words: "red fox" }],
    [job, { kind: "id", id: job }],
    ["worrying", undefined],
  ])("reference %s", (text, reference) => expect(readReference(text)).toEqual(reference));
  it("read a text of twice the length in about twice the time", () => {
    const cost = (text: string) => {
      const from = process.cpuUsage();
      planByRules(text, memory);
      const { user, system } = process.cpuUsage(from);
      return (user + system) / 1000;
    };
    const grown = [
      (n: number) => `draw ${"a, ".repeat(n / 3)}`,
      (n: number) => `draw ${", ".repeat(n / 2)}x`,
      (n: number) => `make it ${"y ".repeat(n / 2)}`,
      (n: number) => "lora a:1, ".repeat(n / 10),
      (n: number) => `make it ${" \t".repeat(n / 2)}`,
    ].map((text) => [text(1200), text(4800)] as const);
    planByRules("draw a fox, wide", memory);
    const least = (text: string) => Math.min(...[1, 2, 3].map(() => cost(text)));
    for (const [short, long] of grown) {
      const [little, much] = [least(short), least(long)];
      process.stdout.write(
        `rules, 1200 and 4800 characters of ${JSON.stringify(long.slice(0, 16))}: ${little.toFixed(1)} and ${much.toFixed(1)} ms\n`,
      );
      // four times the text: quadratic work is sixteen times as much, and what starts up counts for a few milliseconds
      expect(much).toBeLessThan(little * 9 + 30);
    }
  });
  it("read hostile text in bounded time", () => {
    const begun = performance.now();
    for (const text of [
      "a ".repeat(2400),
      "draw ".repeat(900),
      ", ".repeat(2400),
      "same ".repeat(900),
      `draw ${"a, ".repeat(1600)}`,
      "no ".repeat(1600),
      '"'.repeat(4900),
      "1".repeat(4900),
      `make it ${"bigger ".repeat(600)}`,
      `train a lora ${"called a on these photos ".repeat(190)}`,
      `train a lora called a, trigger b${", draw me with it".repeat(280)}`,
      `caption 3: ${"1, 2 and ".repeat(500)}`,
      `leave out picture ${"1 ".repeat(2400)}x`,
    ])
      planByRules(text, memory);
    process.stdout.write(`rules on 13 hostile texts of about 5000 characters: ${Math.round(performance.now() - begun)} ms\n`);
    expect(() => planByRules("x".repeat(5001), memory)).toThrow(/at most 5000/);
  });
});
