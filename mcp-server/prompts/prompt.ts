/** A prompt: a recipe for a model, filled in by a person, that tells how to use the tools for one kind of work. */
import type { z } from "zod";
import type { Source } from "../completion/sources.ts";

export interface StudioPrompt<Schema extends z.ZodObject = z.ZodObject> {
  /** snake_case. */
  name: string;
  title: string;
  description: string;
  /** Every tool that its message names: without one of them in the catalogue it is not offered. */
  needs: readonly string[];
  /** `z.strictObject` over text (the protocol has nothing else), every field with `.describe()` and a title. */
  args: Schema;
  /** Where values of an argument are known. Those of an enum are without it. */
  sources: { readonly [Name in keyof z.input<Schema>]?: Source };
  /** What the model is told. */
  message(given: z.output<Schema>): string;
}

/** Keeps the schema's type while the prompt is written, drops it in the list. */
export function definePrompt<Schema extends z.ZodObject>(prompt: StudioPrompt<Schema>): StudioPrompt {
  return prompt as unknown as StudioPrompt;
}
