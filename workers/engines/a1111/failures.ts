/** A1111's and Forge's errors in plain words, each with what to do next. Their own texts and paths go to the log only. */
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Answer } from "./http.ts";
import { refused } from "./wire.ts";

const outOfMemory = /out of memory|OutOfMemoryError|not enough (gpu |video )?memory|HIP error: out of|DefaultCPUAllocator/i;

const again = (message: string, retryable = true) => new Failure("engine_failed", message, { retryable });

/** An answer other than 200 to something that it was to make. */
export function workFailure({ status, body, text }: Answer, log: Log): Failure {
  const parsed = refused.safeParse(body).data;
  const detail = typeof parsed?.detail === "string" ? parsed.detail : "";
  const said = [parsed?.error, detail, parsed?.errors, parsed?.message, text].filter(Boolean).join(" ");
  log.error({ status, said: said.slice(0, 4_000), body: parsed?.detail }, "A1111/Forge refused or failed a task");
  if (outOfMemory.test(said))
    return new Failure(
      "out_of_memory",
      "The graphics card ran out of memory. Ask for a smaller picture or fewer LoRAs, close other programs that use the card, or start A1111/Forge with --medvram; then retry.",
    );
  if (status === 422 && Array.isArray(parsed?.detail)) {
    const fields = parsed.detail.map(({ loc }) => loc.filter((part) => part !== "body").join(".")).filter(Boolean);
    return new Failure(
      "engine_rejected",
      `A1111/Forge refused the job${fields.length ? `: it takes ${fields.slice(0, 5).join(", ")} otherwise than we give it` : ""}. Update it (git pull), restart it, then retry the job.`,
    );
  }
  if (/You do not have any model|No checkpoints? found|Stable diffusion model failed to load/i.test(said))
    return new Failure(
      "unknown_model",
      "A1111/Forge could not load a checkpoint. Put one into its models/Stable-diffusion folder, or choose another; its log has the details.",
    );
  if (/Sampler not found|sampler .* not supported/i.test(said))
    return new Failure(
      "engine_outdated",
      "This A1111/Forge does not know the sampler that the job needs. Update it (git pull), restart it, then retry the job.",
    );
  if (/could not find upscaler/i.test(said))
    return new Failure(
      "unknown_model",
      "A1111/Forge no longer has the upscaler that the job was to use. Retry the job: it takes another one.",
    );
  if (/Invalid encoded image|cannot identify image/i.test(said))
    return new Failure("unsupported_media", "A1111/Forge cannot read the picture to start from. Give one that opens in a picture viewer.");
  if (/NansException|all NaNs/i.test(said))
    return again(
      "The checkpoint made numbers that are no picture (NaN). Choose another checkpoint, or start A1111/Forge with --no-half-vae (--no-half where that is not enough); then retry the job.",
      false,
    );
  if (/safetensors|Unpickling|HeaderTooLarge|InvalidHeader|state_dict|Error\(s\) in loading/i.test(said))
    return again(
      "A1111/Forge cannot read a model file that the job needs: it is damaged or of another kind. Replace the file, or choose another model.",
      false,
    );
  if (/device-side assert|CUDA error|cuDNN|CUBLAS/i.test(said))
    return again("The graphics card's driver failed under A1111/Forge. Restart A1111/Forge, then retry the job.");
  if (status === 404)
    return new Failure(
      "engine_rejected",
      "A1111/Forge has no API for this. Start it with --api, update it where that does not help, then retry the job.",
    );
  // such as the name of a Python exception, which tells an expert something and nobody a secret
  const kind = /^[A-Za-z]{3,60}$/.test(parsed?.error ?? "") ? ` (${parsed?.error})` : "";
  return again(`A1111/Forge met an error of its own${kind}, status ${status}; its log has it. Retry the job.`, status >= 500);
}

export const interrupted = () =>
  new Failure("engine_failed", "The work was interrupted inside A1111/Forge itself. Retry the job to draw it again.");

export const noPicture = (what: string) =>
  new Failure("engine_failed", `A1111/Forge said that it is done, but ${what}. Look at its log and its extensions, then retry the job.`, {
    retryable: true,
  });

export const lostAgain = () =>
  new Failure("engine_lost", "A1111/Forge lost the job again and again. Look at its log: it may be crashing. Then retry the job.", {
    retryable: true,
  });

export const withoutTasks = (address: string) =>
  new Failure(
    "engine_outdated",
    `A1111/Forge at ${address} does not take a name for a task, so that its work could neither be followed nor canceled. Update it: A1111 1.8 or newer, or Forge.`,
  );
