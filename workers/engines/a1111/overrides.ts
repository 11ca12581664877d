/** Settings of its page that would change what was asked for; for one picture, then they are as the person has them. An unknown name fails the whole task. */
const own: Record<string, unknown> = {
  // "#" hides the rest of the line
  enable_prompt_comments: false,
  // puts a LoRA of the page into every prompt
  sd_lora: "None",
  // text encoders of Flux, which break an SD checkpoint
  forge_additional_modules: [],
  // tells afterwards which LoRAs were used
  lora_add_hashes_to_infotext: true,
};

export function overridesFor(model: string, settings: ReadonlySet<string>): Record<string, unknown> {
  return { sd_model_checkpoint: model, ...Object.fromEntries(Object.entries(own).filter(([name]) => settings.has(name))) };
}
