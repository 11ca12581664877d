/** Why a picture is left out, and the words for it: the person must be able to tell which ones, and what would be taken. */
import { Failure } from "../../../core/failure.ts";
import { maxPictureBytes, maxPixels, minSide } from "./limits.ts";

export type Reason = "broken" | "format" | "animated" | "bytes" | "pixels" | "small" | "near" | "faceless";

export interface LeftOut {
  name: string;
  reason: Reason;
  /** Such as `200x180`. */
  detail?: string;
}

const words: Record<Reason, string> = {
  broken: "not whole, or no picture at all",
  format: "neither PNG, JPEG nor WebP (save as JPEG)",
  animated: "animated",
  bytes: `larger than ${maxPictureBytes / 1e6} MB`,
  pixels: `of more than ${maxPixels / 1e6} megapixels`,
  small: `smaller than ${minSide} pixels on the short side`,
  near: "nearly the same as another one that is kept",
  faceless: "without a face that could be found",
};

/** Thrown by what looks at one picture; the others go on. */
export class NotUsable extends Failure {
  readonly reason: Reason;
  readonly detail: string | undefined;
  constructor(reason: Reason, detail?: string, cause?: unknown) {
    super("unsupported_media", `The picture is ${words[reason]}.`, { cause });
    this.reason = reason;
    this.detail = detail;
  }
}

const shown = 5;

/** Such as `a.png (200x180), b.png and 3 more`. */
export function listed(names: readonly string[]): string {
  const rest = names.length - shown;
  return `${names.slice(0, shown).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** One line a reason, such as `2 are smaller than 256 pixels on the short side: a.png (200x180), b.png (90x90)`. */
export function reasonsOf(leftOut: readonly LeftOut[]): string[] {
  return (Object.keys(words) as Reason[]).flatMap((reason) => {
    const those = leftOut.filter((entry) => entry.reason === reason);
    const names = those.map(({ name, detail }) => (detail ? `${name} (${detail})` : name));
    return those.length > 0 ? [`${those.length} ${those.length === 1 ? "is" : "are"} ${words[reason]}: ${listed(names)}`] : [];
  });
}
