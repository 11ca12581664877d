/** Aspect words to pixels, one table per model family; sides are multiples of 64. */
import { Failure } from "./failure.ts";

export const aspects = [
  "square",
  "portrait",
  "wide",
  "landscape",
  "tall",
  "1:1",
  "4:3",
  "3:4",
  "3:2",
  "2:3",
  "16:9",
  "9:16",
  "21:9",
] as const;
export type Aspect = (typeof aspects)[number];

type Table = Record<Aspect, [number, number]>;

function table(
  one: [number, number],
  four3: [number, number],
  three2: [number, number],
  sixteen9: [number, number],
  cinema: [number, number],
): Table {
  const turn = ([w, h]: [number, number]): [number, number] => [h, w];
  return {
    square: one,
    "1:1": one,
    "4:3": four3,
    "3:4": turn(four3),
    landscape: three2,
    "3:2": three2,
    portrait: turn(three2),
    "2:3": turn(three2),
    wide: sixteen9,
    "16:9": sixteen9,
    tall: turn(sixteen9),
    "9:16": turn(sixteen9),
    "21:9": cinema,
  };
}

/** SDXL: the buckets it was trained on, about one megapixel. SD 1.5: about 512². */
const tables: Record<string, Table> = {
  sdxl: table([1024, 1024], [1152, 896], [1216, 832], [1344, 768], [1536, 640]),
  sd15: table([512, 512], [640, 512], [704, 448], [768, 448], [896, 384]),
};

/** Pixels `[width, height]` of an aspect word for a model family (`sd15`, or the table of SDXL for any other). */
export function sizeFor(family: string, aspect: string): [number, number] {
  const size = (tables[family] ?? tables["sdxl"])?.[aspect as Aspect];
  if (!size)
    throw new Failure("invalid_input", `aspect "${aspect}" is not known. Use one of: ${aspects.join(", ")}, or give width and height.`);
  return size;
}

/** The aspect word whose shape is nearest to a picture's: what is drawn from it keeps its shape. */
export function nearestAspect(width: number, height: number): Aspect {
  const table = tables["sdxl"] as Table;
  const off = (aspect: Aspect) => Math.abs(Math.log(width / height) - Math.log(table[aspect][0] / table[aspect][1]));
  return aspects.reduce((best, aspect) => (off(aspect) < off(best) ? aspect : best));
}
