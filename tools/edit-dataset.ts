/** `edit_dataset`: shows the captions of a dataset, changes some of them, leaves pictures out. */
import { z } from "zod";
import { captionLines, type DatasetDetails, datasetPictures } from "../core/asset.ts";
import { Failure } from "../core/failure.ts";
import { defineAnswerTool } from "../core/tool.ts";
import { assetRef, assetView, datasetOf } from "./assets.ts";
import { caption } from "./fields.ts";

const number = z.int().min(1).max(datasetPictures.most);
const input = z.strictObject({
  dataset: assetRef.describe("Name or id."),
  captions: z
    .array(z.strictObject({ picture: number.describe("Its number."), caption: caption.describe("One line, without trigger words.") }))
    .max(datasetPictures.most)
    .default([])
    .describe("New captions."),
  leave_out: z.array(number).max(datasetPictures.most).default([]).describe("Numbers of pictures to leave out."),
});

/** Captions that a text shows; the data has all. */
const shown = 100;

/** Such as `1 to 4, 6, 8 to 12`. */
function spans(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(", ");
}

/** Numbers are those of the contact sheet and stay: who looks at it means the same after any edit, and the same edit again leaves no other picture out. */
function changed(details: DatasetDetails, { captions, leave_out }: z.output<typeof input>): DatasetDetails {
  const { length } = details.pictures;
  const numbers = details.pictures.map((picture) => picture.number);
  const unknown = [...captions.map(({ picture }) => picture), ...leave_out].find((at) => !numbers.includes(at));
  if (unknown !== undefined) throw new Failure("invalid_input", `There is no picture ${unknown}: this dataset has ${spans(numbers)}.`);
  const written = new Map(captions.map(({ picture, caption: text }) => [picture, text.replace(/\s+/g, " ")]));
  const out = new Set(leave_out);
  if (out.size > 0 && length - out.size < datasetPictures.least)
    throw new Failure(
      "invalid_input",
      `${length - out.size} of ${length} pictures would be left; a dataset has at least ${datasetPictures.least}. Leave out fewer, or make one of more photos.`,
    );
  return {
    ...details,
    ...(written.size > 0 ? { captionedBy: "person" as const } : {}),
    pictures: details.pictures
      .filter((picture) => !out.has(picture.number))
      .map((picture) => ({ ...picture, caption: written.get(picture.number) ?? picture.caption })),
  };
}

function listed({ pictures, warnings }: DatasetDetails): string {
  const lines = captionLines(pictures);
  const rest = lines.length - shown;
  return [...lines.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : []), ...warnings].join("\n");
}

export const editDataset = defineAnswerTool({
  name: "edit_dataset",
  title: "Edit a dataset",
  alias: "captions",
  description: "Show the numbered captions of a dataset; change some, leave pictures out.",
  input,
  positional: ["dataset"],
  annotations: { readOnly: false, destructive: false, idempotent: true },
  scope: "train",

  async answer(wish, { studio, principal }) {
    const found = await studio.assets.get(principal, wish.dataset, "dataset");
    const edits = wish.captions.length + wish.leave_out.length > 0;
    const asset = edits ? await studio.assets.edit(principal, found.id, (details) => changed(details, wish)) : found;
    const details = datasetOf(asset);
    const lead = `Dataset ${asset.name}${edits ? " now" : ""}: ${details.pictures.length} pictures, numbered as on its sheet.`;
    return { text: `${lead}\n${listed(details)}`, data: { asset: assetView(asset) } };
  },
});
