/** Which call of a plan must not be made without which. */
import { expect, it } from "vitest";
import { needsOf } from "./needs.ts";

const clone = { tool: "clone_voice", input: { name: "june", person: "me" } };
const train = { tool: "train_lora", input: { name: "biscuit", dataset: "dogs" } };
const dataset = { tool: "make_dataset", input: { name: "dogs" } };

it("speech and a clip need the voice that they name, and no other", () => {
  expect(needsOf({ tool: "speak", input: { text: "hi", voice: "June" } }, [clone])).toBe(clone);
  expect(needsOf({ tool: "make_clip", input: { script: "hi", voice: "june" } }, [clone])).toBe(clone);
  expect(needsOf({ tool: "speak", input: { text: "hi", voice: "rob" } }, [clone])).toBeUndefined();
  expect(needsOf({ tool: "speak", input: { text: "hi" } }, [clone])).toBeUndefined();
});

it("a training needs its dataset, a picture its LoRA", () => {
  expect(needsOf(train, [clone, dataset])).toBe(dataset);
  expect(needsOf({ tool: "make_clip", input: { script: "hi", loras: [{ name: "Biscuit" }] } }, [train])).toBe(train);
  expect(needsOf({ tool: "render_image", input: { prompt: "june" } }, [clone, train])).toBeUndefined();
});
