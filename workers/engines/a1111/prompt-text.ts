/**
 * A prompt as A1111 reads it. What a person wrote is words and nothing else: its own syntax (extra networks, weights, schedules,
 * `AND`, `BREAK`) could load files, multiply the work or drop half of a sentence, so all of it is escaped. Only the LoRAs of the
 * request become tags.
 */
import { Failure } from "../../../core/failure.ts";

/** A tag is taken apart at these; A1111 knows no escape for them. */
const untellable = /[:<>=]/;

/** Text that is drawn as it reads. The encoder sees the same words: it knows neither case nor the space that is put in. */
export function literally(text: string): string {
  const escaped = text
    .replace(/[\\()[\]]/g, "\\$&")
    // `<word:` opens a tag, `< word:` does not
    .replace(/<(?=\S)/g, "< ")
    .replace(/\b(AND|BREAK)\b/g, (word) => word.toLowerCase());
  // a number behind the last colon, as of "16:9", is the weight of the whole prompt
  return /:\s*[-+]?(\d+\.?|\d*\.\d+)\s*$/.test(escaped) ? `${escaped.trimEnd()},` : escaped;
}

/** Name of a LoRA file in a tag: without folder and ending. Failure `unknown_lora` for a name that no tag can hold. */
export function tagName(file: string): string {
  const name = (file.split(/[\\/]/).at(-1) ?? file).replace(/\.(safetensors|ckpt|pt)$/i, "");
  if (untellable.test(name))
    throw new Failure(
      "unknown_lora",
      `A1111/Forge cannot be asked for the LoRA "${name}": its file name holds one of : < > =. Rename the file, then ask again.`,
    );
  return name;
}

/** Exact to a thousandth, never in the notation with an exponent. */
const weightWords = (weight: number) => String(Math.round(weight * 1000) / 1000);

export function promptText(text: string, loras: readonly { name: string; weight: number }[]): string {
  return literally(text) + loras.map(({ name, weight }) => ` <lora:${tagName(name)}:${weightWords(weight)}>`).join("");
}
