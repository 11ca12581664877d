/** The nodes for videos that a fake ComfyUI has, and the models they need. */
import type { NodeSpec, Spec } from "./fake-nodes.ts";
import type { FakeState } from "./fake-state.ts";

/** One whole set of files for each kind of model. */
export const videoModels: Record<string, string[]> = {
  diffusion_models: [
    "wan2.1_i2v_480p_14B_fp8_e4m3fn.safetensors",
    "wan2.1_t2v_1.3B_fp16.safetensors",
    "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
    "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
    "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
    "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
    "wan2.2_ti2v_5B_fp16.safetensors",
  ],
  checkpoints: ["sd15.safetensors", "ltx-video-2b-v0.9.5.safetensors", "svd.safetensors", "svd_xt.safetensors"],
  text_encoders: ["t5xxl_fp16.safetensors", "umt5_xxl_fp16.safetensors", "umt5_xxl_fp8_e4m3fn_scaled.safetensors"],
  vae: ["wan2.2_vae.safetensors", "wan_2.1_vae.safetensors"],
  clip_vision: ["clip_vision_h.safetensors"],
};

const int = (min: number, max: number, value = min): Spec => ["INT", { default: value, min, max }];
const float = (min: number, max: number, value = min): Spec => ["FLOAT", { default: value, min, max, step: 0.01 }];
// nodes that were rewritten have the newer shape, in both dialects
const combo = (options: string[]): Spec => ["COMBO", { multiselect: false, options }];
const seed: Spec = ["INT", { default: 0, min: 0, max: 18446744073709552000 }];
const side = int(16, 16384, 512);
const batch = int(1, 4096);
const text: Spec = ["STRING", {}];

export function videoSpecs({ disk }: FakeState, samplers: readonly string[], schedulers: readonly string[]): Record<string, NodeSpec> {
  const files = (kind: string): string[] => disk.models[kind] ?? [];
  const conditioned = { positive: ["CONDITIONING"], negative: ["CONDITIONING"] } as const satisfies Record<string, Spec>;
  const size = { width: side, height: side, length: int(1, 16384, 81), batch_size: batch };
  return {
    ImageOnlyCheckpointLoader: { required: { ckpt_name: [files("checkpoints"), {}] }, output: ["MODEL", "CLIP_VISION", "VAE"] },
    UNETLoader: {
      required: { unet_name: [files("diffusion_models"), {}], weight_dtype: [["default", "fp8_e4m3fn", "fp8_e5m2"], {}] },
      output: ["MODEL"],
    },
    CLIPLoader: {
      required: { clip_name: [files("text_encoders"), {}], type: [["stable_diffusion", "sd3", "ltxv", "wan"], {}] },
      optional: { device: [["default", "cpu"], {}] },
      output: ["CLIP"],
    },
    VAELoader: { required: { vae_name: [files("vae"), {}] }, output: ["VAE"] },
    CLIPVisionLoader: { required: { clip_name: [files("clip_vision"), {}] }, output: ["CLIP_VISION"] },
    CLIPVisionEncode: {
      required: { clip_vision: ["CLIP_VISION"], image: ["IMAGE"], crop: [["center", "none"], {}] },
      output: ["CLIP_VISION_OUTPUT"],
    },
    SVD_img2vid_Conditioning: {
      required: {
        ...{ clip_vision: ["CLIP_VISION"], init_image: ["IMAGE"], vae: ["VAE"], width: side, height: side },
        ...{ video_frames: int(1, 4096, 14), motion_bucket_id: int(1, 1023, 127), fps: int(1, 1024, 6) },
        augmentation_level: float(0, 10),
      },
      output: ["CONDITIONING", "CONDITIONING", "LATENT"],
    },
    VideoLinearCFGGuidance: { required: { model: ["MODEL"], min_cfg: float(0, 100, 1) }, output: ["MODEL"] },
    ModelSamplingSD3: { required: { model: ["MODEL"], shift: float(0, 100, 3) }, output: ["MODEL"] },
    EmptyHunyuanLatentVideo: { required: size, output: ["LATENT"] },
    WanImageToVideo: {
      required: { ...conditioned, vae: ["VAE"], ...size },
      optional: { clip_vision_output: ["CLIP_VISION_OUTPUT"], start_image: ["IMAGE"] },
      output: ["CONDITIONING", "CONDITIONING", "LATENT"],
    },
    Wan22ImageToVideoLatent: { required: { vae: ["VAE"], ...size }, optional: { start_image: ["IMAGE"] }, output: ["LATENT"] },
    KSamplerAdvanced: {
      required: {
        ...{ model: ["MODEL"], add_noise: [["enable", "disable"], {}], noise_seed: seed, steps: int(1, 10000, 20), cfg: float(0, 100, 8) },
        ...{ sampler_name: [samplers, {}], scheduler: [schedulers, {}], ...conditioned, latent_image: ["LATENT"] },
        ...{ start_at_step: int(0, 10000), end_at_step: int(0, 10000, 10000), return_with_leftover_noise: [["disable", "enable"], {}] },
      },
      output: ["LATENT"],
    },
    EmptyLTXVLatentVideo: { required: size, output: ["LATENT"] },
    LTXVPreprocess: { required: { image: ["IMAGE"], img_compression: int(0, 100, 35) }, output: ["IMAGE"] },
    LTXVImgToVideo: {
      required: { ...conditioned, vae: ["VAE"], image: ["IMAGE"], ...size, strength: float(0, 1, 1) },
      output: ["CONDITIONING", "CONDITIONING", "LATENT"],
    },
    LTXVConditioning: { required: { ...conditioned, frame_rate: float(0, 1000, 25) }, output: ["CONDITIONING", "CONDITIONING"] },
    LTXVScheduler: {
      required: {
        ...{ steps: int(1, 10000, 20), max_shift: float(0, 100, 2.05), base_shift: float(0, 100, 0.95) },
        ...{ stretch: ["BOOLEAN", { default: true }], terminal: float(0, 0.99, 0.1) },
      },
      optional: { latent: ["LATENT"] },
      output: ["SIGMAS"],
    },
    KSamplerSelect: { required: { sampler_name: combo([...samplers]) }, output: ["SAMPLER"] },
    SamplerCustom: {
      required: {
        ...{ model: ["MODEL"], add_noise: ["BOOLEAN", { default: true }], noise_seed: seed, cfg: float(0, 100, 8), ...conditioned },
        ...{ sampler: ["SAMPLER"], sigmas: ["SIGMAS"], latent_image: ["LATENT"] },
      },
      output: ["LATENT", "LATENT"],
    },
    CreateVideo: { required: { images: ["IMAGE"], fps: float(1, 120, 30) }, optional: { audio: ["AUDIO"] }, output: ["VIDEO"] },
    SaveVideo: {
      required: { video: ["VIDEO"], filename_prefix: text, format: combo(["auto", "mp4"]), codec: combo(["auto", "h264"]) },
      output: [],
      outputNode: true,
    },
  };
}
