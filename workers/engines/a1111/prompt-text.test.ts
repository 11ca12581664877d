import { afterEach, describe, expect, it } from "vitest";
import { literally, promptText, tagName } from "./prompt-text.ts";
import { closeAll, jobRun, pair, request } from "./testing/setup.ts";

afterEach(closeAll);

describe("what a person writes stays words", () => {
  it.each([
    ["a fox", "a fox"],
    ["a <lora:evil:2> fox", "a < lora:evil:2> fox"],
    ["<hypernet:x>", "< hypernet:x>"],
    ["<<lora:a:1>", "< < lora:a:1>"],
    ["a fox (Vulpes [vulpes])", "a fox \\(Vulpes \\[vulpes\\]\\)"],
    ["(a:1.3)", "\\(a:1.3\\)"],
    ["back\\slash", "back\\\\slash"],
    ["a cat AND a dog", "a cat and a dog"],
    ["one BREAK two", "one break two"],
    ["BRAND and BREAKING", "BRAND and BREAKING"],
    ["a wide picture, 16:9", "a wide picture, 16:9,"],
    ["at 12:30 o'clock", "at 12:30 o'clock"],
    ["ratio : .5 ", "ratio : .5,"],
    ["1 < 2", "1 < 2"],
  ])("%s", (written, sent) => {
    expect(literally(written)).toBe(sent);
  });

  it.each([
    "a <lora:ink-sd15:2> fox <lyco:a:1>",
    "((masterpiece)), [a:b:0.5], [x|y]",
    "a cat AND a dog BREAK at 16:9",
    "C# code on a screen #1 of 2",
    "a\\(b\\) \\<lora:ink-sd15:1>",
    "<\tlora:ink-sd15:1> <lora:<lora:ink-sd15:1>:1>",
    "x <lora:ink-sd15:1",
  ])("is read by A1111 as it stands: %s", async (prompt) => {
    const { fake, a1111 } = await pair({ dialect: "a1111" });
    await a1111.image.render(request({ prompt, negativePrompt: prompt }), jobRun());
    const words = (text: string | undefined) => text?.toLowerCase().replace(/[\s,]+/g, "");
    expect(fake.tasks()[0]?.loras).toEqual([]);
    expect(words(fake.tasks()[0]?.text)).toBe(words(prompt));
    const [body] = fake.calls.flatMap((call) => (call.path.endsWith("/txt2img") ? [call.body] : []));
    expect(String(body?.["prompt"])).not.toMatch(/<\w+:|(?<!\\)[()[\]]|\b(AND|BREAK)\b|:[\d. ]+$/);
    expect(body?.["negative_prompt"]).toBe(body?.["prompt"]);
    expect(body?.["override_settings"]).toMatchObject({ enable_prompt_comments: false, sd_lora: "None" });
  });
});

describe("the LoRAs of a request", () => {
  it("become tags behind the words", () => {
    const loras = [
      { name: "msb/ast_0123456789abcdef.safetensors", weight: 0.75 },
      { name: "ink.pt", weight: -1 },
      { name: "faint.safetensors", weight: 1e-9 },
    ];
    expect(promptText("16:9", loras)).toBe("16:9, <lora:ast_0123456789abcdef:0.75> <lora:ink:-1> <lora:faint:0>");
  });

  it.each(["a:b.safetensors", "a=b.safetensors", "a>b.safetensors"])("cannot be named %s, and that is said", (file) => {
    expect(() => tagName(file)).toThrow(
      expect.objectContaining({ code: "unknown_lora", message: expect.stringContaining("Rename the file") }),
    );
  });
});
