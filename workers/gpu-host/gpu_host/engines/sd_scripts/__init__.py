"""LoRA training by kohya sd-scripts: SD 1.5 and SDXL."""
