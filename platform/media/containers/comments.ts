/** Comments as Ogg, FLAC and WebM hold them: a list of `NAME=text`. */
import { brokenFile, countParts } from "../kinds.ts";
import { type Marks, markIn, recipeFromJson } from "../marks.ts";
import { mostWords, type Said } from "./container.ts";

const names = { mark: "DIGITALSOURCETYPE", recipe: "MYSPINBOT", comment: "COMMENT" };

export function commentsOf({ sourceType, json, comment }: Marks): [name: string, text: string][] {
  const all: [string, string | undefined][] = [
    [names.mark, sourceType],
    [names.recipe, json],
    [names.comment, comment],
  ];
  return all.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

export function saidByComments(comments: readonly (readonly [string, string])[]): Said {
  const text = (wanted: string) => comments.find(([name]) => name.toUpperCase() === wanted)?.[1] ?? "";
  return { recipe: recipeFromJson(text(names.recipe)), sourceType: markIn(text(names.mark)) };
}

/** The body of a Vorbis comment. The writer's name is not kept: it says on what machine a file was made. */
export function writeComments(comments: readonly (readonly [string, string])[]): Buffer {
  const sized = (text: string) => {
    const bytes = Buffer.from(text);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    return [size, bytes];
  };
  const count = Buffer.alloc(4);
  count.writeUInt32LE(comments.length);
  return Buffer.concat([...sized(""), count, ...comments.flatMap(([name, text]) => sized(`${name}=${text}`))]);
}

/** @param body of a Vorbis comment. @throws Failure `unsupported_media` */
export function readComments(body: Buffer): [name: string, text: string][] {
  let at = 0;
  const number = () => {
    if (at + 4 > body.length) throw brokenFile("its comments are damaged");
    at += 4;
    return body.readUInt32LE(at - 4);
  };
  const sized = () => {
    const size = number();
    at += size;
    if (at > body.length) throw brokenFile("its comments are damaged");
    return size > mostWords ? "" : body.toString("utf8", at - size, at);
  };
  sized();
  const found: [string, string][] = [];
  const count = countParts(100_000);
  for (let left = number(); left > 0; left--) {
    count();
    const text = sized();
    const cut = text.indexOf("=");
    if (cut > 0) found.push([text.slice(0, cut), text.slice(cut + 1)]);
  }
  return found;
}
