/** What a download takes from around it: the models' folder, a token, and where its progress is said. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Failure } from "../../core/failure.ts";
import { parseEnv } from "../compose/env-file.ts";

/** The repository's folder with compose.yaml. */
const ours = join(import.meta.dirname, "../../compose");

/** As Compose resolves it. @param env settings of the process; `MODELS_FOLDER` of the `.env` in the folder is read beside them. */
export function folderOf(chosen: string | undefined, env: NodeJS.ProcessEnv, compose: string = ours): string {
  if (chosen) return resolve(chosen);
  const file = join(compose, ".env");
  const written = env["MODELS_FOLDER"] || (existsSync(file) ? parseEnv(readFileSync(file, "utf8"))["MODELS_FOLDER"] : "");
  return resolve(compose, written || "models");
}

/** Of Hugging Face. Failure `config` where it is said to lie in a file that cannot be read. */
export function tokenOf(env: NodeJS.ProcessEnv): string | undefined {
  const path = env["HF_TOKEN_FILE"];
  if (!path) return env["HF_TOKEN"] || undefined;
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    throw new Failure("config", "HF_TOKEN_FILE names a file that cannot be read. Write the token into it, or leave the setting out.");
  }
}

const gb = (bytes: number) => (bytes / 1e9).toFixed(1);

/** A line every five seconds. */
export function progressTo(say: (line: string) => void): (name: string, done: number, total: number | undefined) => void {
  let last = 0;
  return (name, done, total) => {
    if (Date.now() - last < 5000) return;
    last = Date.now();
    say(`  … ${name}: ${gb(done)}${total ? ` of ${gb(total)}` : ""} GB`);
  };
}
