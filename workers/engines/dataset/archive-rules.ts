/** What is taken from an archive, told by names and numbers of its list alone, before anything is unpacked. Names never become paths. */
import type { Entry } from "yauzl";
import { Failure } from "../../../core/failure.ts";
import { archives, maxPictureBytes } from "./limits.ts";
import { shownName } from "./names.ts";

/** `other` is passed over and counted; `folder` is not even that. */
export type Kind = "picture" | "other_picture" | "other" | "folder";

const pictures = /\.(png|jpe?g|webp)$/i;
const otherPictures = /\.(hei[cf]|avif|gif|bmp|tiff?|dng|cr[23]|nef|arw|raw|svg|jxl)$/i;
const packed = /\.(zip|7z|rar|tar|tgz|gz|bz2|xz|zst)$/i;
/** Resource forks of macOS, `.DS_Store`, hidden files. */
const hidden = /(^|\/)(\.[^/]*|__MACOSX)(\/|$)/;

/** Bits 12 to 15 of a Unix file mode. */
const isLink = (entry: Entry) => entry.versionMadeBy >> 8 === 3 && ((entry.externalFileAttributes >>> 28) & 0xf) === 0xa;

const remedy = "Pack the photos alone, without folders above them, and send that.";

export function refused(archive: string, why: string, cause?: unknown): Failure {
  return new Failure("invalid_input", `${archive} ${why}`, { cause });
}

/** @throws Failure `invalid_input` for what no archive of photos has. */
export function kindOf(entry: Entry, archive: string): Kind {
  const name = entry.fileName;
  if (name.endsWith("/")) return "folder";
  if (hidden.test(name) || isLink(entry)) return "other";
  if (entry.isEncrypted()) throw refused(archive, "is locked with a password. Pack the photos without one, and send that.");
  if (packed.test(name)) throw refused(archive, `has another archive in it (${shownName(name)}). Unpack that first. ${remedy}`);
  if (pictures.test(name)) return "picture";
  return otherPictures.test(name) ? "other_picture" : "other";
}

/** What yauzl found wrong with the list. */
export function badList(archive: string, cause: unknown): Failure {
  const said = String(cause);
  if (/relative path|absolute path|invalid characters/i.test(said))
    return refused(archive, `has a file in it whose name leads out of the archive. ${remedy}`, cause);
  if (/encryption/i.test(said)) return refused(archive, "is locked with a password. Pack the photos without one, and send that.", cause);
  return refused(archive, `is damaged: its list of files cannot be read. ${remedy}`, cause);
}

export function tooManyEntries(archive: string, count: number): Failure {
  return refused(archive, `has ${count} files in it; at most ${archives.maxEntries} are looked through. ${remedy}`);
}

export function tooMuchUnpacked(archive: string): Failure {
  return refused(
    archive,
    `would unpack to more than ${archives.maxUnpacked / 1e9} GB of pictures; that is the most. Send fewer, or smaller ones.`,
  );
}

/** True where no photo is packed so: what it would unpack to is not worth trying. */
export function growsTooMuch({ compressedSize, uncompressedSize }: Entry): boolean {
  return uncompressedSize > maxPictureBytes || (uncompressedSize > 1e6 && uncompressedSize > compressedSize * archives.maxRatio);
}
