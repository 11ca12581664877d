import { afterEach, describe, expect, it } from "vitest";
import { closeAll, fakeOf } from "./setup.ts";

afterEach(closeAll);

/** Status and body of the real api_v2.py (48b1a01, model v2) for these bodies. */
const seen: [string, string, number, unknown][] = [
  [
    "no JSON",
    "{nope",
    422,
    { detail: [{ type: "json_invalid", loc: ["body", 1], ctx: { error: expect.stringContaining("property name") } }] },
  ],
  ["a list", "[]", 422, { detail: [{ type: "model_attributes_type", loc: ["body"], input: [] }] }],
  ["nothing", "", 422, { detail: [{ type: "missing", loc: ["body"], input: null }] }],
  ["null", "null", 422, { detail: [{ type: "model_attributes_type", loc: ["body"], input: null }] }],
  ["a word for a seed", '{"seed":"seven"}', 422, { detail: [{ type: "int_parsing", loc: ["body", "seed"], input: "seven" }] }],
  ["no seed at all", '{"seed":null}', 422, { detail: [{ type: "int_type", loc: ["body", "seed"], input: null }] }],
  ["half a seed", '{"seed":1.5}', 422, { detail: [{ type: "int_from_float", loc: ["body", "seed"], input: 1.5 }] }],
  ["a word for a speed", '{"speed_factor":"fast"}', 422, { detail: [{ type: "float_parsing", loc: ["body", "speed_factor"] }] }],
  ["a number for a text", '{"text":5}', 422, { detail: [{ type: "string_type", loc: ["body", "text"] }] }],
  [
    "a word for how it streams",
    '{"streaming_mode":"maybe"}',
    422,
    {
      detail: [
        { type: "bool_parsing", loc: ["body", "streaming_mode", "bool"] },
        { type: "int_parsing", loc: ["body", "streaming_mode", "int"] },
      ],
    },
  ],
  ["two wrong fields", '{"text":5,"seed":"x"}', 422, { detail: [{ loc: ["body", "text"] }, { loc: ["body", "seed"] }] }],
];

describe("the fake GPT-SoVITS, as the real one", () => {
  it.each(seen)("answers %s in pydantic's words", async (_what, body, status, answer) => {
    const { url } = await fakeOf();
    const response = await fetch(`${url}/tts`, { method: "POST", body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(answer as object);
  });

  it.each([
    ["media_type", "media_type:  is not supported"],
    ["text_split_method", "text_split_method: is not supported"],
  ])("takes an empty %s for one that it does not know", async (field, message) => {
    const { url } = await fakeOf();
    const body = { text: "Hi.", text_lang: "en", prompt_lang: "en", ref_audio_path: "/a.wav", [field]: "" };
    const response = await fetch(`${url}/tts`, { method: "POST", body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message });
  });
});
