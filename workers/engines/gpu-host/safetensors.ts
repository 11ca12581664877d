/** Whether a file is a whole safetensors LoRA: read from its own header, never believed by its name. */
import { open } from "node:fs/promises";
import { z } from "zod";

const tensor = z.object({ data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]) });
const metadata = z.record(z.string(), z.string());

/** No LoRA of 128 ranks comes near it. */
const longestHeader = 50_000_000;

/** Its metadata; undefined where it is not whole, or no LoRA. */
export async function loraMetadata(path: string): Promise<Record<string, string> | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const lead = Buffer.alloc(8);
    if ((await file.read(lead, 0, 8, 0)).bytesRead < 8) return undefined;
    const length = Number(lead.readBigUInt64LE());
    if (length > Math.min(longestHeader, size - 8)) return undefined;
    const text = Buffer.alloc(length);
    await file.read(text, 0, length, 8);
    const header: unknown = JSON.parse(text.toString("utf8"));
    if (typeof header !== "object" || header === null) return undefined;
    const { __metadata__: said = {}, ...rest } = header as Record<string, unknown>;
    const tensors = Object.entries(rest).map(([name, value]) => ({ name, value: tensor.safeParse(value).data }));
    const ends = tensors.map(({ value }) => value?.data_offsets[1] ?? Number.NaN);
    const whole = tensors.length > 0 && Math.max(...ends) === size - 8 - length;
    const lora = tensors.some(({ name }) => name.includes("lora_"));
    return whole && lora ? (metadata.safeParse(said).data ?? {}) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}
