/** Flags whose value is an object. */
import { describe, expect, it } from "vitest";
import { Failure } from "../../core/failure.ts";
import { createTools } from "../../tools/index.ts";
import { trainingInput } from "../../tools/training-input.ts";
import { createTestChat, errorOf } from "../testing/chat.ts";
import { photos } from "../testing/training.ts";
import { readFlag } from "./flags.ts";
import { planSlash } from "./plan.ts";
import { tokensOf } from "./tokens.ts";

const tools = createTools();
const inputOf = (line: string) => planSlash(line, tools, { attachments: [], jobs: [] }).calls.at(-1)?.input;

function failureOf(line: string): Failure {
  try {
    inputOf(line);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`no failure: ${line}`);
}

const settings = { resolution: 768, optimizer: "Adafactor" };

describe("a flag that takes an object", () => {
  it.each([
    '--settings {"resolution":768,"optimizer":"Adafactor"}',
    '--settings={"resolution":768,"optimizer":"Adafactor"}',
    '--settings {"resolution": 768, "optimizer": "Adafactor"}',
    '--settings={"resolution": 768, "optimizer" : "Adafactor" }',
    '--settings { "resolution": 768, "optimizer": "Adafactor" }',
    `--settings '{"resolution": 768, "optimizer": "Adafactor"}'`,
    '--settings "{\\"resolution\\": 768, \\"optimizer\\": \\"Adafactor\\"}"',
    "--settings {“resolution”: 768, “optimizer”: “Adafactor”}",
    '—settings {"resolution": 768, "optimizer": "Adafactor"}',
  ])("is read from JSON however it is typed: %s", (flag) => {
    const expected = { name: "biscuit", dataset: "biscuit", trigger_words: ["bsct"], settings, steps: 1200 };
    const input = inputOf(`/train biscuit --dataset biscuit --trigger-words bsct ${flag} --steps 1200`);
    expect(input).toEqual(expected);
    expect(trainingInput.safeParse(input).success).toBe(true);
  });

  it("keeps blanks and braces inside of a text", () => {
    const input = {};
    const tool = tools.find(({ name }) => name === "train_lora");
    if (!tool) throw new Error("no train_lora");
    const tokens = tokensOf('--settings {"optimizer": "a {b c}", "alpha": 2} rest');
    expect(tokens[readFlag(tool, tokens, 0, input)]?.text).toBe("rest");
    expect(input).toEqual({ settings: { optimizer: "a {b c}", alpha: 2 } });
  });

  it("reaches the training", async () => {
    const chat = createTestChat();
    const ids = photos(chat);
    const turn = await chat.turn('/train biscuit --trigger-words bsct --settings {"save_every": 50}', { attachments: ids });
    expect(errorOf(turn)).toBeUndefined();
    expect(chat.studio.invoked.at(-1)?.input).toMatchObject({ settings: { save_every: 50 } });
  });

  it.each([
    ["resolution=768", "no JSON: resolution=768"],
    ["{resolution: 768}", "no JSON: {resolution: 768}"],
    ['{"resolution": 768 --steps 5', 'no JSON: {"resolution": 768.'],
    ["768", "no object: 768"],
    ["null", "no object: null"],
    ["[1,2]", "no object: [1,2]"],
    ['{"resolution": {"width": 768}}', '"resolution" holds a list or an object'],
    ['{"resolution": [768]}', '"resolution" holds a list or an object'],
  ])("says what is wrong with %s, and what there is", (value, says) => {
    const { code, message } = failureOf(`/train biscuit --settings ${value}`);
    expect(code).toBe("invalid_input");
    expect(message).toContain(says);
    expect(message).toContain('--settings takes a JSON object, {"field": value}');
    expect(message).toContain("resolution (number), ");
    expect(message).toContain("optimizer (text)");
  });

  it("needs a value", () => {
    expect(failureOf("/train biscuit --settings").message).toContain("--settings needs a value");
  });
});
