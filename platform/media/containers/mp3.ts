/** MP3: a tag before the sound, perhaps others behind it. */
import { endsEarly } from "../kinds.ts";
import { type Marks, recipeFromJson } from "../marks.ts";
import { mp3Frame } from "../walks/mp3.ts";
import { bufferOf, type Container, mostWords, saidByXmp } from "./container.ts";
import { type Frame, mostBytes, readTag, tagBytes, writeTag } from "./id3.ts";

const recipeName = "myspinbot";
const xmpOwner = "XMP\0";
/** 3 = UTF-8 */
const utf8 = "\x03";

/** Tags of old players, all of which tell their length at their end. */
function tailBytes(view: Buffer): number {
  const says = (text: string, back: number) => view.toString("latin1", view.length - back, view.length - back + text.length) === text;
  if (view.length > 128 && says("TAG", 128)) return 128;
  if (view.length > 32 && says("APETAGEX", 32)) {
    const [size, flags] = [view.readUInt32LE(view.length - 20), view.readUInt32LE(view.length - 12)];
    return size + (flags & 0x80000000 ? 32 : 0);
  }
  if (view.length > 15 && says("LYRICS200", 9)) return Number(view.toString("latin1", view.length - 15, view.length - 9)) + 15 || 0;
  return 0;
}

function parts(bytes: Uint8Array): { frames: Frame[]; sound: Buffer } {
  let view = bufferOf(bytes);
  const frames: Frame[] = [];
  for (let size = tagBytes(view, 0); size > 0; size = tagBytes(view, 0)) {
    frames.push(...readTag(view.subarray(0, size)));
    view = view.subarray(size);
  }
  for (let size = tailBytes(view); size > 0 && size < view.length; size = tailBytes(view)) view = view.subarray(0, -size);
  if (!mp3Frame(view)) throw endsEarly();
  return { frames, sound: view };
}

/** A title or a cover stays where a recipe goes in; texts of any name, in which engines keep their graph, do not. */
const stays = ({ id }: Frame) => (id.startsWith("T") && id !== "TXXX" && id !== "TENC") || id === "APIC";

function words(marks: Marks): Frame[] {
  const text = (id: string, value: string | undefined) => (value === undefined ? [] : [{ id, data: Buffer.from(utf8 + value) }]);
  return [
    { id: "PRIV", data: Buffer.from(xmpOwner + marks.xmp(false)) },
    ...text("TXXX", marks.json && `${recipeName}\0${marks.json}`),
    ...text("COMM", marks.comment && `eng\0${marks.comment}`),
  ];
}

function stamp(bytes: Uint8Array, marks: Marks): Uint8Array {
  const { frames, sound } = parts(bytes);
  const all = [...(marks.json === undefined ? [] : frames.filter(stays)), ...words(marks)];
  const fits = all.reduce((sum, { data }) => sum + data.length + 10, 0) <= mostBytes;
  return Buffer.concat([writeTag(fits ? all : words({ ...marks, json: undefined })), sound]);
}

export const mp3: Container = {
  strip: (bytes) => Buffer.from(parts(bytes).sound),
  stamp,
  said(bytes) {
    const { frames } = parts(bytes);
    const held = (id: string, begins: string) =>
      frames
        .filter((frame) => frame.id === id && frame.data.length <= mostWords)
        .map(({ data }) => data.toString())
        .find((text) => text.startsWith(begins))
        ?.slice(begins.length);
    const recipe = held("TXXX", `${utf8}${recipeName}\0`);
    return { recipe: recipeFromJson(recipe ?? ""), sourceType: saidByXmp(held("PRIV", xmpOwner)).sourceType };
  },
};
