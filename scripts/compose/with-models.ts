/** `compose:init --models`: the catalogue's downloads (scripts/models) behind the first start, so that one command leaves the stack with something to draw with. */
import { Failure } from "../../core/failure.ts";
import type { Model } from "../models/catalogue.ts";
import { type GetOptions, getLine, getModels, modelNamed, refuseUnread } from "../models/get.ts";
import { folderOf } from "../models/surroundings.ts";

/** Where it is not what the line means without it; in quotes where a shell would read more into it than a path. */
const folderFlag = (folder: string): string =>
  ` --folder ${/[^\w@%+=:,./-]/.test(folder) ? `'${folder.replaceAll("'", `'\\''`)}'` : folder}`;

/** The line that is run again once the terms are read. */
const initLine = (picked: readonly Model[], profiles: string | undefined, folder: string | undefined) =>
  `npm run compose:init -- ${profiles === undefined ? "" : `--profiles ${profiles} `}--models ${picked.map(({ id }) => id).join(",")} --accept${folder === undefined ? "" : folderFlag(folder)}`;

/**
 * Before anything is made: what a person can still put right. Failures: `unknown_model` with those that there are, `consent_required` with the terms, `invalid_input`.
 * @param text ids of the catalogue, with commas between them. @param profiles as they were given. @param folder the whole path of the one with compose.yaml, if one was given.
 */
export function readModels(text: string, accept: boolean, profiles?: string, folder?: string): Model[] {
  const picked = [...new Set(text.split(",").flatMap((id) => id.trim() || []))].map((id) => modelNamed(id));
  if (picked.length === 0)
    throw new Failure(
      "invalid_input",
      "--models takes names, with commas between them, such as --models sdxl,upscaler. List: npm run models",
    );
  refuseUnread(picked, accept, initLine(picked, profiles, folder));
  return picked;
}

const remedies: Partial<Record<Failure["code"], (line: string) => string[]>> = {
  storage_full: (line) => [
    "On another disk: MODELS_FOLDER=/mnt/other/models in the .env beside compose.yaml, then compose:init as you ran it now. A smaller first model: sd15, 2.1 GB.",
    `With less left free: ${line} --reserve-gb 2`,
  ],
  engine_unavailable: () => [
    "Without a way out here: fetch the files on another machine (docs/models.md), and copy them into the models folder. The stack starts without them all the same.",
  ],
  timeout: () => ["The stack starts without them all the same, and finds them as soon as they are there."],
};

/**
 * After everything else is made; what fails here is told with what is done already and the line that goes on.
 * @returns whether all of them are there.
 */
export async function bringModels(picked: readonly Model[], options: GetOptions, warn: (line: string) => void): Promise<boolean> {
  try {
    await getModels(picked, options);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof Failure) && !/^E[A-Z]+$/.test(String(code))) throw error;
    // that line reads the usual .env, and this may be another's
    const line = `${getLine(picked)}${options.folder === folderOf(undefined, process.env) ? "" : folderFlag(options.folder)}`;
    warn((error as Error).message);
    warn("Secrets and compose/.env are made, and stay; the models are not all here. Go on with them, from where it was, by:");
    warn(`    ${line}`);
    for (const words of (error instanceof Failure && remedies[error.code]?.(line)) || []) warn(words);
    return false;
  }
}
