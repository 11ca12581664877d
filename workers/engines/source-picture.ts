/** Reads the picture that a job starts from and makes sure that it is one, whatever its name says. */
import { buffer } from "node:stream/consumers";
import sharp, { type Metadata } from "sharp";
import type { Artifact } from "../../core/artifact.ts";
import { Failure } from "../../core/failure.ts";
import type { Run } from "../../core/ports/engine.ts";

const known = new Set(["png", "jpeg", "webp"]);

export function notAPicture(name: string, cause?: unknown): Failure {
  return new Failure("unsupported_media", `${name} is not a whole PNG, JPEG or WebP picture. Give one that opens in a picture viewer.`, {
    cause,
  });
}

/** Failure `unknown_artifact` as `run.open` gives it, `unsupported_media` for anything but a picture. `gray` = it has no colours. */
export async function sourcePicture(run: Run, id: string): Promise<{ artifact: Artifact; bytes: Buffer; gray: boolean }> {
  const { artifact, body } = await run.open(id);
  const bytes = await buffer(body);
  let found: Metadata;
  try {
    found = await sharp(bytes).metadata();
  } catch (error) {
    throw notAPicture(artifact.name, error);
  }
  if (!known.has(found.format)) throw notAPicture(artifact.name);
  return { artifact, bytes, gray: found.space === "b-w" || found.space === "grey16" };
}
