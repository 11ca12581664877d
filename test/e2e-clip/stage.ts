/** The built product with nothing beside it, a chat with it, and a look at what is in a file. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Recipe } from "../../core/artifact.ts";
import type { Part } from "../../core/chat.ts";
import { readRecipe } from "../../platform/media/media.ts";
import { type Probed, probe } from "../../workers/ffmpeg/index.ts";
import type { Checks } from "../harness/checks.ts";
import { makeProduct, type Product } from "../harness/product.ts";
import { ffmpegs } from "./programs.ts";

export interface Stage {
  checks: Checks;
  product: Product;
  upload(name: string, body: Buffer): Promise<string>;
  /** One turn of a conversation, to its end: every part of it. */
  say(conversation: string, text: string, attachments?: readonly string[]): Promise<Part[]>;
  /** What a player would see in a file, and the recipe that it carries. */
  look(artifact: string): Promise<{ probed: Probed; recipe: Recipe | undefined; bytes: Buffer }>;
  /** Programs that work for the product, whichever of its processes started them, by their command lines. */
  children(): Promise<string[]>;
  end(): Promise<void>;
}

export const words = (parts: readonly Part[]): string =>
  parts
    .flatMap((part) => (part.type === "text" || part.type === "question" ? [part.text] : part.type === "error" ? [part.error.message] : []))
    .join("\n");
export const of = <Type extends Part["type"]>(parts: readonly Part[], type: Type) =>
  parts.filter((part): part is Extract<Part, { type: Type }> => part.type === type);
export const done = (parts: readonly Part[]) => of(parts, "done").at(-1)?.jobs ?? [];

export async function makeStage(checks: Checks): Promise<Stage> {
  const product = await makeProduct("clip", { MYSPINBOT_LOG: "error" });
  await product.start();
  return {
    checks,
    product,
    upload: async (name, body) => (await product.client.upload(name, Readable.from([body]), body.length)).id,
    async say(conversation, text, attachments = []) {
      const parts: Part[] = [];
      for await (const part of product.client.chat({ text, conversation, attachments: [...attachments] }, AbortSignal.timeout(300_000)))
        parts.push(part);
      return parts;
    },
    async look(artifact) {
      const bytes = await buffer(await product.client.download(artifact));
      const path = join(product.base, artifact);
      await writeFile(path, bytes);
      return { probed: await probe(path), recipe: readRecipe(bytes), bytes };
    },
    children: async () => (await ffmpegs(product)).map(({ line }) => line.slice(0, 200)),
    end: () => product.end(),
  };
}
