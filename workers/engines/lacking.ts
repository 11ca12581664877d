/** What is said where nothing here can do a thing: what would, and the setting that brings it. */
import { Failure } from "../../core/failure.ts";
import type { Capability, Engine } from "../../core/ports/engine.ts";

const words: Record<Capability, { what: string; how: string }> = {
  image: { what: "draw pictures", how: "Start ComfyUI (COMFYUI_URL says where it is)." },
  upscale: { what: "upscale pictures", how: "Start ComfyUI with an upscale model." },
  train: { what: "train a LoRA", how: "Set GPU_HOST_URL." },
  dataset: { what: "make datasets", how: "Update this installation." },
  speech: { what: "speak", how: "Set GPT_SOVITS_URL, or GPU_HOST_URL of a gpu-host with F5-TTS, or MYSPINBOT_SHERPA_MODELS." },
  motion: { what: "make videos", how: "Start ComfyUI with a video model (Wan, LTX-Video or Stable Video Diffusion)." },
  videoUpscale: { what: "upscale videos", how: "Start ComfyUI with an upscale model." },
  lips: { what: "move lips", how: "Set GPU_HOST_URL of a gpu-host with SadTalker." },
  clip: { what: "join clips", how: "Update this installation." },
};

/** Failure `engine_unavailable`. */
export async function lacking(can: Capability, engines: readonly Engine[]): Promise<Failure> {
  const { what, how } = words[can];
  const known = engines.filter((engine) => engine[can] !== undefined);
  const fixes = (await Promise.all(known.map((engine) => engine.status().catch(() => undefined)))).flatMap((status) => status?.fix ?? []);
  return new Failure("engine_unavailable", `Nothing here can ${what}. ${[how, ...fixes].join(" ")} Then ask again.`);
}
