/** Licences of well-known base models, by their file names. A LoRA trained on one inherits it. */
const known: [RegExp, string][] = [
  [/sd_xl_base|sd_xl_refiner|sdxl_vae/i, "CreativeML Open RAIL++-M"],
  [/v1-5-pruned|sd-v1-[45]|v1-4/i, "CreativeML Open RAIL-M"],
  [/sd_xl_turbo|sd_turbo/i, "Stability AI Community (conditions on commercial use)"],
  [/svd(_xt)?\b|stable[-_]video/i, "Stability AI Community (conditions on commercial use)"],
  [/realesrgan/i, "BSD-3-Clause"],
];

/** Undefined where the name does not tell. */
export function licenceOf(file: string): string | undefined {
  return known.find(([pattern]) => pattern.test(file))?.[1];
}
