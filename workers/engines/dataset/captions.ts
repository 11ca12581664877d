/** Captions: one line a picture, whoever wrote it. The trigger words are not in it; the training puts them before it. */
import { Failure } from "../../../core/failure.ts";
import type { DatasetRequest } from "../../../core/ports/engine.ts";
import { maxCaption } from "./limits.ts";

/** What writes captions by looking at the pictures. */
export interface Captioner {
  /** The model, for people. */
  name: string;
  /** Whatever it says: not to be trusted. @param picture JPEG */
  caption(picture: Uint8Array, signal: AbortSignal): Promise<string>;
  /** Gives back the memory that it took. */
  done(): Promise<void>;
}

/** Characters of a model's caption. */
const maxModelCaption = 300;

/** Line ends, control characters and those that change the direction of what follows. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu;

/** One line without anything invisible, cut between words. */
function oneLine(text: string, limit: number): string {
  const line = text.normalize("NFC").replace(unseen, " ").replace(/\s+/g, " ").trim();
  const characters = [...line];
  if (characters.length <= limit) return line;
  const cut = characters.slice(0, limit).join("");
  return cut.slice(0, Math.max(cut.lastIndexOf(" "), 1)).trim();
}

/** What a model said, as a caption; empty where it is none. */
export function modelCaption(said: string): string {
  const line = oneLine(said.slice(0, 4000), maxModelCaption)
    .replace(/^(caption|description)\s*:\s*/i, "")
    .replace(/^["'“‘`]+|["'”’`]+$/g, "")
    .trim();
  // a model that will not describe a picture says so in its place
  return /^(i'?m sorry|sorry\b|i can(no|')t|i am (unable|not able))/i.test(line) ? "" : line;
}

/** Where nobody describes each picture: what the person says is to be seen. Empty where they say nothing: a name is no description, and may be a word that the model knows. */
export function wordsCaption({ subject }: Pick<DatasetRequest, "subject">): string {
  return oneLine(subject, maxModelCaption);
}

/** The person's own, as they are. Failure `invalid_input` names the first that cannot be one. @param pictures undefined while archives are not opened yet. */
export function checkCaptions(captions: readonly string[], pictures: number | undefined): void {
  if (captions.length > 0 && pictures !== undefined && captions.length !== pictures)
    throw new Failure(
      "invalid_input",
      `There are ${captions.length} captions for ${pictures} pictures. Give one for each, in the same order (those of an archive by name), or none: then a vision model writes them, or your words about all of them serve.`,
    );
  const index = captions.findIndex(
    (caption) => caption.trim() === "" || caption.length > maxCaption || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(caption),
  );
  if (index >= 0)
    throw new Failure("invalid_input", `Caption ${index + 1} is none: it takes one line of 1 to ${maxCaption} characters. Write it anew.`, {
      fields: [{ path: `captions.${index}`, message: `one line of 1 to ${maxCaption} characters` }],
    });
}
