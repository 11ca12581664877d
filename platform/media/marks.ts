/** A recipe as the texts that go into a file, and back from them. */
import { deflateSync, inflateSync } from "node:zlib";
import { z } from "zod";
import type { Recipe } from "../../core/artifact.ts";
import type { JsonObject } from "../../core/json.ts";

/** Key of the recipe among a PNG's texts. */
export const recipeKey = "myspinbot";
const namespace = "urn:myspinbot:recipe";
/** IPTC's word for what a trained model generated. */
const generatedType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

export interface Marks {
  /** The recipe as JSON. */
  json: string;
  /** As other programs for generated pictures write it and read it back: prompt, negative prompt, one line of settings. */
  parameters: string | undefined;
  /** XMP packet with the IPTC source type and, where asked for, the recipe. */
  xmp(withRecipe: boolean): string;
}

function parametersOf({ input, engine }: Recipe): string | undefined {
  const { prompt, negative_prompt: negative, steps, seed, width, height, model } = input;
  if (typeof prompt !== "string") return undefined;
  const settings = [
    ["Steps", steps],
    ["Seed", seed],
    ["Size", typeof width === "number" && typeof height === "number" ? `${width}x${height}` : undefined],
    ["Model", model],
    ["Version", `${engine.id} ${engine.version}`],
  ].filter(([, value]) => typeof value === "string" || typeof value === "number");
  const lines = [
    prompt,
    ...(negative ? [`Negative prompt: ${negative}`] : []),
    settings.map(([name, value]) => `${name}: ${value}`).join(", "),
  ];
  return lines.join("\n");
}

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const plainOf = (text: string) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/** A JPEG segment holds 65 533 bytes; above this the recipe is packed. */
const plainLimit = 50_000;

export function marksOf(recipe: Recipe): Marks {
  // what XML cannot hold is written as JSON's own escapes
  const json = JSON.stringify(recipe).replace(/[\x7f-\x9f\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return {
    json,
    parameters: parametersOf(recipe),
    xmp(withRecipe) {
      const plain = json.replace(/[&<>]/g, (c) => escapes[c] ?? c);
      const held =
        Buffer.byteLength(plain) <= plainLimit
          ? `<myspinbot:Recipe>${plain}</myspinbot:Recipe>`
          : `<myspinbot:PackedRecipe>${deflateSync(json).toString("base64")}</myspinbot:PackedRecipe>`;
      return [
        '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
        ` xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:myspinbot="${namespace}">`,
        "<xmp:CreatorTool>MySpinBot</xmp:CreatorTool>",
        recipe.generated ? `<Iptc4xmpExt:DigitalSourceType>${generatedType}</Iptc4xmpExt:DigitalSourceType>` : "",
        withRecipe ? held : "",
        "</rdf:Description></rdf:RDF></x:xmpmeta>",
        '<?xpacket end="r"?>',
      ].join("");
    },
  };
}

const recipeShape = z.object({
  tool: z.string(),
  input: z.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value)),
  engine: z.object({ id: z.string(), version: z.string() }),
  preview: z.boolean(),
  generated: z.boolean(),
  details: z.custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value)).exactOptional(),
});

/** Undefined for what is no recipe: anyone may have written the file. */
export function recipeFromJson(json: string): Recipe | undefined {
  try {
    return recipeShape.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

export function recipeFromXmp(xmp: string): Recipe | undefined {
  const plain = /<myspinbot:Recipe>([^<]*)<\/myspinbot:Recipe>/.exec(xmp)?.[1];
  if (plain !== undefined) return recipeFromJson(plainOf(plain));
  const packed = /<myspinbot:PackedRecipe>([^<]*)<\/myspinbot:PackedRecipe>/.exec(xmp)?.[1];
  if (packed === undefined) return undefined;
  try {
    return recipeFromJson(inflateSync(Buffer.from(packed, "base64"), { maxOutputLength: 4_000_000 }).toString());
  } catch {
    return undefined;
  }
}
