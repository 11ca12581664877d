/** What a person does who has an engine and nothing to draw with. Names and sizes are those of the catalogue (`scripts/models`), whose test compares them. */
export const bringCheckpoint =
  "Bring one: `npm run models -- get sdxl --accept` (6.9 GB; sd15 in place of sdxl: 2.1 GB, for small cards and first looks), with `--folder` for the models folder of a ComfyUI of your own. " +
  "Or put your own (SD 1.5 or SDXL, .safetensors) into ComfyUI's models/checkpoints folder. No restart is needed.";
