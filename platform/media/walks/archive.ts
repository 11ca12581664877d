/** ZIP archives and .safetensors: both tell where their last byte must be. Neither is opened here. */
import { z } from "zod";
import { brokenFile, endsEarly } from "../kinds.ts";
import type { Walk } from "./walk.ts";

/** The end record with the longest comment. */
const zipTail = 22 + 65_535;
/** More than any model's list of tensors takes. */
const maxHeader = 16_000_000;

export const zipWalk: Walk = function* (at) {
  const tail = yield { tail: zipTail };
  let end = -1;
  for (let place = tail.length - 22; place >= 0 && end < 0; place--)
    if (tail.readUInt32LE(place) === 0x06054b50 && place + 22 + tail.readUInt16LE(place + 20) === tail.length) end = place;
  if (end < 0) throw endsEarly();
  const [entries, size, offset] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (entries === 0) throw brokenFile("there is nothing in it");
  // the larger form keeps its numbers elsewhere
  if (offset !== 0xffffffff && offset + size > at() - tail.length + end) throw brokenFile("its list of files does not fit its length");
  return { mediaType: "application/zip", ending: "zip" };
};

const tensors = z.record(
  z.string(),
  z.union([
    z.looseObject({ dtype: z.string(), data_offsets: z.tuple([z.int().min(0), z.int().min(0)]) }),
    z.record(z.string(), z.string()),
  ]),
);

export const safetensorsWalk: Walk = function* (at) {
  const length = Number((yield { take: 8 }).readBigUInt64LE());
  if (length > maxHeader) throw brokenFile("its list of tensors is larger than any model needs");
  const text = (yield { take: length }).toString("utf8");
  let listed: z.output<typeof tensors>;
  try {
    listed = tensors.parse(JSON.parse(text));
  } catch (error) {
    throw brokenFile("its list of tensors cannot be read", error);
  }
  let last = 0;
  for (const [name, entry] of Object.entries(listed))
    if (name !== "__metadata__" && "data_offsets" in entry) last = Math.max(last, Number((entry.data_offsets as [number, number])[1]));
  if (last === 0) throw brokenFile("there are no tensors in it");
  const begin = at();
  yield { tail: 0 };
  if (at() - begin < last) throw endsEarly();
  if (at() - begin > last) throw brokenFile("there is more in it than its list of tensors tells");
  return { mediaType: "application/x-safetensors", ending: "safetensors" };
};
