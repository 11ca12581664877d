/** A small graph, as a program posts it that talks to ComfyUI directly. */

export function graph(seed: number, { side, steps }: { side: number; steps: number }): object {
  return {
    "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sd15.safetensors" } },
    "2": { class_type: "CLIPTextEncode", inputs: { text: "a fox", clip: ["1", 1] } },
    "3": { class_type: "CLIPTextEncode", inputs: { text: "", clip: ["1", 1] } },
    "4": { class_type: "EmptyLatentImage", inputs: { width: side, height: side, batch_size: 1 } },
    "5": {
      class_type: "KSampler",
      inputs: {
        ...{ model: ["1", 0], positive: ["2", 0], negative: ["3", 0], latent_image: ["4", 0], seed, steps, cfg: 7 },
        ...{ sampler_name: "euler", scheduler: "normal", denoise: 1 },
      },
    },
    "6": { class_type: "VAEDecode", inputs: { samples: ["5", 0], vae: ["1", 2] } },
    "7": { class_type: "SaveImage", inputs: { images: ["6", 0], filename_prefix: "bench" } },
  };
}
