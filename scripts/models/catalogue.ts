/**
 * The models that the product's engines know, with what each needs and under which licence it comes. A hash stands here only where public
 * sources that do not depend on each other give the same one for the same size; where none does, the first download's is kept (lock.ts).
 */

/** Folders below the models' folder: ComfyUI's own, and those of gpu-host's example settings. */
export const folders = [
  ...["checkpoints", "loras", "upscale_models", "vae", "text_encoders", "diffusion_models", "clip_vision", "controlnet", "embeddings"],
  ...["f5", "sadtalker"],
] as const;

export interface ModelFile {
  folder: string;
  name: string;
  url: string;
  bytes?: number;
  /** Lower-case hex. */
  sha256?: string;
}
export interface Model {
  id: string;
  title: string;
  /** Tools that it serves. */
  use: string;
  engine: "ComfyUI" | "gpu-host";
  /** GB of the card that the engine's adapter counts with; more is taken where there is more. */
  vramGb: number;
  licence: string;
  /** What the licence asks beyond naming its source; such a model is fetched only when the person has said yes to it. */
  terms?: string;
  /** The source gives it to accounts that accepted its terms there. */
  login?: boolean;
  /** What belongs to it and is not fetched by this command. */
  beside?: string;
  files: ModelFile[];
}

const hub = (repository: string, path: string) => `https://huggingface.co/${repository}/resolve/main/${path}`;
const wan21 = "Comfy-Org/Wan_2.1_ComfyUI_repackaged";
const wan22 = "Comfy-Org/Wan_2.2_ComfyUI_Repackaged";

/** A file of a repository of Comfy-Org that keeps ComfyUI's folders. */
const split = (repository: string, folder: string, name: string, bytes?: number, sha256?: string): ModelFile => ({
  ...{ folder, name, url: hub(repository, `split_files/${folder}/${name}`) },
  ...(bytes ? { bytes } : {}),
  ...(sha256 ? { sha256 } : {}),
});

const umt5 = split(
  wan21,
  "text_encoders",
  "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
  6_735_906_897,
  "c3355d30191f1f066b26d93fba017ae9809dce6c627dda5f6a66eaa651204f68",
);
const wan21Vae = split(
  wan21,
  "vae",
  "wan_2.1_vae.safetensors",
  253_815_318,
  "2fc39d31359a4b0a64f55876d8ff7fa8d780956ae2cb13463b0223e15148976b",
);
const pair = (kind: "i2v" | "t2v", bytes: number, high: string, low: string): ModelFile[] => [
  split(wan22, "diffusion_models", `wan2.2_${kind}_high_noise_14B_fp8_scaled.safetensors`, bytes, high),
  split(wan22, "diffusion_models", `wan2.2_${kind}_low_noise_14B_fp8_scaled.safetensors`, bytes, low),
  ...[umt5, wan21Vae],
];

export const models: readonly Model[] = [
  {
    id: "sdxl",
    title: "Stable Diffusion XL 1.0",
    ...{
      use: "render_image, train_lora, and as the picture of a clip",
      engine: "ComfyUI",
      vramGb: 10,
      licence: "CreativeML Open RAIL++-M",
    },
    terms: "free to use, also commercially, but not for what its licence lists as harmful (attachment A)",
    files: [
      {
        folder: "checkpoints",
        name: "sd_xl_base_1.0.safetensors",
        url: hub("stabilityai/stable-diffusion-xl-base-1.0", "sd_xl_base_1.0.safetensors"),
        bytes: 6_938_078_334,
        sha256: "31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b",
      },
    ],
  },
  {
    id: "sd15",
    title: "Stable Diffusion 1.5",
    ...{ use: "render_image, train_lora on small cards", engine: "ComfyUI", vramGb: 4, licence: "CreativeML Open RAIL-M" },
    terms: "free to use, also commercially, but not for what its licence lists as harmful (attachment A)",
    files: [
      {
        folder: "checkpoints",
        name: "v1-5-pruned-emaonly-fp16.safetensors",
        url: hub("Comfy-Org/stable-diffusion-v1-5-archive", "v1-5-pruned-emaonly-fp16.safetensors"),
        bytes: 2_132_696_762,
        sha256: "e9476a13728cd75d8279f6ec8bad753a66a1957ca375a1464dc63b37db6e3916",
      },
    ],
  },
  {
    id: "upscaler",
    title: "Real-ESRGAN x4plus",
    ...{ use: "upscale_image, upscale_video", engine: "ComfyUI", vramGb: 3, licence: "BSD-3-Clause" },
    files: [
      {
        folder: "upscale_models",
        name: "RealESRGAN_x4plus.safetensors",
        url: hub("Comfy-Org/Real-ESRGAN_repackaged", "RealESRGAN_x4plus.safetensors"),
        bytes: 66_857_836,
        sha256: "37f9a931c215f040aa6d50f711f2cb115f713c46df1d0d6469a8bd7bfe9a60bb",
      },
    ],
  },
  {
    id: "wan22-5b",
    title: "Wan 2.2 5B",
    ...{ use: "render_video from words and pictures, make_clip", engine: "ComfyUI", vramGb: 10, licence: "Apache-2.0" },
    files: [
      split(
        wan22,
        "diffusion_models",
        "wan2.2_ti2v_5B_fp16.safetensors",
        9_999_658_848,
        "456f901338bd9eadbded3828b819109a9b68e8a525ca5cf8d0049a69fcfeca1e",
      ),
      umt5,
      split(wan22, "vae", "wan2.2_vae.safetensors", 1_409_400_960, "e40321bd36b9709991dae2530eb4ac303dd168276980d3e9bc4b6e2b75fed156"),
    ],
  },
  {
    id: "wan21-1.3b",
    title: "Wan 2.1 1.3B",
    ...{ use: "render_video from words on small cards", engine: "ComfyUI", vramGb: 9, licence: "Apache-2.0" },
    files: [
      split(
        wan21,
        "diffusion_models",
        "wan2.1_t2v_1.3B_fp16.safetensors",
        2_838_303_560,
        "be531024cd9018cb5b48c40cfbb6a6191645b1c792eb8bf4f8c1c6e10f924dc5",
      ),
      ...[umt5, wan21Vae],
    ],
  },
  {
    id: "wan22-14b-i2v",
    title: "Wan 2.2 14B (pictures)",
    ...{ use: "render_video from pictures, the best and the slowest", engine: "ComfyUI", vramGb: 16, licence: "Apache-2.0" },
    files: pair(
      "i2v",
      14_294_742_832,
      "6122e79d55e0f235698d11d657f3b196c5273c830da00b2b013c5a048d5e6a42",
      "5471a457b6ac404202a5fbe6c11595a3d5641fc766b00f38763f72303fffc21e",
    ),
  },
  {
    id: "wan22-14b-t2v",
    title: "Wan 2.2 14B (words)",
    ...{ use: "render_video from words, the best and the slowest", engine: "ComfyUI", vramGb: 16, licence: "Apache-2.0" },
    files: pair(
      "t2v",
      14_293_923_632,
      "cad711ae211c8b23455ec68cd6a190a33a3d874234a77eb57266d73f8f0e6c9f",
      "e71b96d7c82e638694c5e7fb98fac4bfb0e4ddc5fbbb4b1df40da8f0f1278a97",
    ),
  },
  {
    id: "wan21-i2v",
    title: "Wan 2.1 14B (pictures)",
    ...{ use: "render_video from pictures", engine: "ComfyUI", vramGb: 16, licence: "Apache-2.0" },
    files: [
      split(wan21, "diffusion_models", "wan2.1_i2v_480p_14B_fp8_e4m3fn.safetensors"),
      ...[umt5, wan21Vae],
      split(
        wan21,
        "clip_vision",
        "clip_vision_h.safetensors",
        1_264_219_396,
        "64a7ef761bfccbadbaa3da77366aac4185a6c58fa5de5f589b42a65bcc21f161",
      ),
    ],
  },
  {
    id: "ltx",
    title: "LTX-Video 2B",
    ...{ use: "render_video, the fastest", engine: "ComfyUI", vramGb: 12, licence: "LTX-Video's own, by version" },
    terms: "its licence differs by version; read the one on its page before commercial use",
    files: [
      {
        folder: "checkpoints",
        name: "ltx-video-2b-v0.9.5.safetensors",
        url: hub("Lightricks/LTX-Video", "ltx-video-2b-v0.9.5.safetensors"),
      },
      {
        folder: "text_encoders",
        name: "t5xxl_fp8_e4m3fn_scaled.safetensors",
        url: hub("comfyanonymous/flux_text_encoders", "t5xxl_fp8_e4m3fn_scaled.safetensors"),
        bytes: 5_157_348_688,
        sha256: "a498f0485dc9536735258018417c3fd7758dc3bccc0a645feaa472b34955557a",
      },
    ],
  },
  {
    id: "svd-xt",
    title: "Stable Video Diffusion XT",
    ...{ use: "render_video from a picture", engine: "ComfyUI", vramGb: 8, licence: "Stability AI Community", login: true },
    terms: "commercial use asks for registration and a yearly revenue below 1 million US dollars",
    files: [
      {
        folder: "checkpoints",
        name: "svd_xt.safetensors",
        url: hub("stabilityai/stable-video-diffusion-img2vid-xt", "svd_xt.safetensors"),
      },
    ],
  },
  {
    id: "f5-tts",
    title: "F5-TTS v1 Base",
    ...{ use: "speak, clone_voice", engine: "gpu-host", vramGb: 2, licence: "CC-BY-NC-4.0" },
    terms: "no commercial use",
    beside:
      "vocab.txt of the same folder into f5/; the vocoder charactr/vocos-mel-24khz (config.yaml, pytorch_model.bin) by hand, with its hash in gpu-host.toml",
    files: [
      {
        folder: "f5",
        name: "model_1250000.safetensors",
        url: hub("SWivid/F5-TTS", "F5TTS_v1_Base/model_1250000.safetensors"),
      },
    ],
  },
  {
    id: "sadtalker",
    title: "SadTalker 256",
    ...{ use: "lip_sync of a picture", engine: "gpu-host", vramGb: 6, licence: "Apache-2.0" },
    beside:
      "mapping_00229-model.pth.tar of the same release and the face detectors can hold code: by hand, each with its hash in gpu-host.toml",
    files: [
      {
        folder: "sadtalker",
        name: "SadTalker_V0.0.2_256.safetensors",
        url: "https://github.com/OpenTalker/SadTalker/releases/download/v0.0.2-rc/SadTalker_V0.0.2_256.safetensors",
      },
    ],
  },
];
