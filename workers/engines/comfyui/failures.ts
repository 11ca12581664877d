/** ComfyUI's errors in plain words, each with what to do next. Tracebacks and paths go to the log only. */
import { isAssetFile } from "../../../core/asset.ts";
import { Failure } from "../../../core/failure.ts";
import type { Log } from "../../../core/log.ts";
import type { Answer } from "./http.ts";
import { type ExecutionError, type NodeErrors, rejected } from "./wire.ts";

/** Inputs that name a model file, and the folder where ComfyUI looks for it. Other `*_name` inputs (samplers) are no files. */
const modelInputs: Record<string, { code: "unknown_model" | "unknown_lora"; folder: string; kind: string }> = {
  unet_name: { code: "unknown_model", folder: "models/diffusion_models", kind: "video model" },
  clip_name: { code: "unknown_model", folder: "models/text_encoders", kind: "text encoder" },
  vae_name: { code: "unknown_model", folder: "models/vae", kind: "VAE" },
  ckpt_name: { code: "unknown_model", folder: "models/checkpoints", kind: "checkpoint" },
  lora_name: { code: "unknown_lora", folder: "models/loras", kind: "LoRA" },
  model_name: { code: "unknown_model", folder: "models/upscale_models", kind: "upscale model" },
};

/** Its input is called as that of the text encoders. */
const visionModel = { code: "unknown_model", folder: "models/clip_vision", kind: "CLIP vision model" } as const;

const outOfMemory = /out of memory|OutOfMemoryError|allocation on device|not enough (gpu |video )?memory|HIP error: out of/i;

const outdated = (what: string) =>
  new Failure(
    "engine_outdated",
    `This ComfyUI does not know ${what}. Update it (git pull, then pip install -r requirements.txt), restart it, retry the job.`,
  );

/** Which one it was is said when the job looks for it again; its file's name is nothing to be shown. */
const goneAsset = () =>
  new Failure(
    "unknown_lora",
    "ComfyUI no longer has the file of a LoRA of yours. Retry the job: the studio puts the file back where it can.",
  );

/** Validation errors by node, of a rejected prompt or of a half accepted one. */
export function nodeFailure(errors: NodeErrors, log: Log): Failure {
  log.warn({ nodeErrors: errors }, "ComfyUI refused a prompt");
  const all = Object.values(errors).flatMap((node) => node.errors.map((error) => ({ ...error, node: node.class_type ?? "a node" })));
  for (const error of all) {
    if (error.type !== "value_not_in_list") continue;
    const input = error.extra_info.input_name ?? error.details.split(":")[0] ?? "";
    const value = String(error.extra_info.received_value ?? "");
    const model = error.node === "CLIPVisionLoader" ? visionModel : modelInputs[input];
    if (model && isAssetFile(value)) return goneAsset();
    if (model)
      return new Failure(
        model.code,
        `ComfyUI has no ${model.kind} "${value}". Put the file into ComfyUI's ${model.folder} folder, or choose one that list_models shows.`,
      );
    return outdated(`${input} "${value}" of ${error.node}`);
  }
  if (all.some((error) => error.type === "custom_validation_failed" && error.node.startsWith("LoadImage")))
    return new Failure("engine_failed", "ComfyUI lost the picture to start from before it could use it. Retry the job.", {
      retryable: true,
    });
  const first = all[0];
  return new Failure(
    "engine_rejected",
    first
      ? `ComfyUI refused the job: ${first.node}, ${first.type.replaceAll("_", " ")}. Update ComfyUI; if it stays, report it with the server log.`
      : "ComfyUI refused the job. Its log has the reason.",
  );
}

/** An answer of `POST /prompt` other than 200. */
export function rejectedFailure(answer: Answer, log: Log): Failure {
  const parsed = rejected.safeParse(answer.body);
  if (!parsed.success) {
    log.warn({ status: answer.status }, "ComfyUI answered a prompt with an error of its own");
    return new Failure("engine_failed", `ComfyUI met an error of its own (status ${answer.status}); its log has it. Retry the job.`, {
      retryable: answer.status >= 500,
    });
  }
  const { error, node_errors } = parsed.data;
  if (error.type === "missing_node_type" || (error.type === "invalid_prompt" && /does not exist/.test(error.message)))
    return outdated(
      `the node ${error.extra_info.class_type ?? /node (\S+) does not exist/.exec(error.message)?.[1] ?? "that the job needs"}`,
    );
  if (Object.keys(node_errors).length > 0) return nodeFailure(node_errors, log);
  log.warn({ error }, "ComfyUI refused a prompt");
  return new Failure("engine_rejected", `ComfyUI refused the job (${error.type.replaceAll("_", " ")}). Its log has the details.`);
}

/** A node that failed while it ran. */
export function executionFailure(error: ExecutionError, log: Log): Failure {
  log.error(
    {
      node: error.node_id,
      type: error.node_type,
      exception: error.exception_type,
      message: error.exception_message,
      traceback: error.traceback,
    },
    "a prompt failed inside ComfyUI",
  );
  if (outOfMemory.test(`${error.exception_type} ${error.exception_message}`))
    return new Failure(
      "out_of_memory",
      "The graphics card ran out of memory. Ask for a smaller picture or fewer LoRAs, close other programs that use the card, or start ComfyUI with --lowvram; then retry.",
    );
  const node = error.node_type ?? "a node";
  // 0.3.64 does not check the newer kind of list when a prompt is posted, so a file that is gone fails only here
  const gone = /^Model in folder '([^']*)' with filename '([^']*)' not found/.exec(error.exception_message);
  if (gone && isAssetFile(gone[2] ?? "")) return goneAsset();
  if (gone)
    return new Failure(
      gone[1] === "loras" ? "unknown_lora" : "unknown_model",
      `ComfyUI no longer has the model file "${gone[2]}". Put it into ComfyUI's models/${gone[1]} folder, or choose one that list_models shows.`,
    );
  if (node === "LoadImage")
    return new Failure("unsupported_media", "ComfyUI cannot read the picture to start from. Give one that opens in a picture viewer.");
  if (
    /Loader/.test(node) &&
    /Unpickling|Safetensor|HeaderTooLarge|InvalidHeader|Could not detect model type|EOFError|UnsupportedModel/i.test(
      `${error.exception_type} ${error.exception_message}`,
    )
  )
    return new Failure(
      "engine_failed",
      `ComfyUI cannot read the model file that ${node} loads: it is damaged or of another kind. Replace the file, or choose another model.`,
    );
  const kind = error.exception_type.split(".").at(-1);
  return new Failure(
    "engine_failed",
    `ComfyUI failed in ${node}${kind ? ` (${kind})` : ""}. ComfyUI's log has the details; retry the job.`,
  );
}
