/**
 * Whether a picture was made with what was asked for. A1111 draws on with the checkpoint that it has, or without a LoRA, where it
 * cannot find a file, and calls that a success.
 */
import { Failure } from "../../../core/failure.ts";
import type { LoraUse } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { noPicture } from "./failures.ts";
import { missingOwn } from "./loras.ts";
import { tagName } from "./prompt-text.ts";
import { flags, type Info } from "./wire.ts";

const stem = (file: string) => (file.split("/").at(-1) ?? file).replace(/\.[a-z0-9]+$/i, "");

/** Failures `unknown_model`, `unknown_lora`. */
export async function checkDrawn(
  api: Api,
  info: Info,
  asked: { model: string; loras: readonly { name: string }[]; settings: ReadonlySet<string> },
  wished: readonly LoraUse[],
): Promise<void> {
  const used = info.sd_model_name;
  if (used && used !== stem(asked.model))
    throw new Failure(
      "unknown_model",
      `A1111/Forge could not use the checkpoint ${asked.model} and drew with ${used} instead; that picture was thrown away. Look whether the file is whole, or choose another one that list_models shows.`,
    );
  if (asked.loras.length === 0 || !asked.settings.has("lora_add_hashes_to_infotext")) return;
  const hashes = info.extra_generation_params["Lora hashes"];
  const told =
    typeof hashes === "string"
      ? hashes
          .replaceAll('"', "")
          .split(",")
          .map((entry) => entry.split(":")[0]?.trim())
      : [];
  const missing = asked.loras.findIndex(({ name }) => !told.includes(tagName(name).replaceAll(",", "")));
  if (missing < 0) return;
  // without hashes it cannot tell
  const { no_hashing } = await api.list(flags, "/sdapi/v1/cmd-flags", { no_hashing: true });
  if (no_hashing) return;
  const own = wished[missing]?.own;
  if (own) throw missingOwn(own.title);
  throw new Failure(
    "unknown_lora",
    `A1111/Forge drew without the LoRA ${asked.loras[missing]?.name}; that picture was thrown away. Its file is gone, damaged or for another kind of model: look into A1111/Forge's log, or leave the LoRA out.`,
  );
}

/** Failure `engine_failed` with both sizes. */
export function checkSize(found: { width: number; height: number }, asked: { width: number; height: number }): void {
  if (found.width !== asked.width || found.height !== asked.height)
    throw noPicture(`the picture has ${found.width}x${found.height} pixels instead of ${asked.width}x${asked.height}`);
}
