/** Secrets that lie in files, as compose and Kubernetes hand them out: `NAME_FILE` is the absolute path of the file whose text is the value of NAME. */
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";

/** The settings that may hold a secret; only they can come from a file. */
const secretNames = [
  "MYSPINBOT_KEY",
  "OPENWEBUI_USER_SECRET",
  "DATABASE_URL",
  "REDIS_URL",
  "S3_ACCESS_KEY",
  "S3_SECRET_KEY",
  "GPU_HOST_KEY",
  "A1111_AUTH",
  "MYSPINBOT_TRANSCRIBE_KEY",
  "OPENAI_API_KEY",
  "OTEL_EXPORTER_OTLP_HEADERS",
] as const;

export const fileOf = (name: string): string => `${name}_FILE`;
export const secretFileNames: readonly string[] = secretNames.map(fileOf);

/** Characters; whoever names another file by mistake is told so before it is taken for a key. */
const longest = 4096;

const reasons: Record<string, string> = {
  ENOENT: "there is no such file; `npm run compose:init` makes those of compose, any other is written by hand",
  EACCES: "the file may not be read by this user; give the user that the studio runs as the right to read it (chmod, chown)",
  EPERM: "the file may not be read by this user; give the user that the studio runs as the right to read it (chmod, chown)",
  EISDIR: "it is a folder; Docker makes one where the file of a bind mount is missing: remove it, and write the file",
  ENOTDIR: "there is no such file; a part of its path is no folder",
};

/** The text without its last line break, or what is wrong. The path is not repeated: somebody may have put the secret there. */
function read(path: string): { text: string } | { problem: string } {
  if (!isAbsolute(path)) return { problem: "must be the absolute path of a file, such as /run/secrets/name" };
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/[\r\n]+$/, "");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    return { problem: reasons[code] ?? `the file cannot be read (${code})` };
  }
  if (text.trim() === "") return { problem: "the file is empty; write the secret into it" };
  if (text.length > longest)
    return { problem: `the file has ${text.length} characters, and a secret at most ${longest}; is it the right one?` };
  return /[\r\n\0]/.test(text) ? { problem: "the file has more than one line; it must hold the secret alone" } : { text };
}

export interface FromFiles {
  /** Values by the name of their setting. */
  values: Record<string, string>;
  /** Settings whose file could not be used: given, but unknown. */
  unread: string[];
  problems: string[];
}

/** Read once, at start. */
export function readSecretFiles(env: NodeJS.ProcessEnv): FromFiles {
  const found: FromFiles = { values: {}, unread: [], problems: [] };
  for (const name of secretNames) {
    const path = env[fileOf(name)]?.trim();
    if (!path) continue;
    const both = env[name]?.trim() ? `${name} is set too; leave out one of the two` : undefined;
    const answer = both === undefined ? read(path) : { problem: both };
    if ("text" in answer) found.values[name] = answer.text;
    else {
      found.unread.push(name);
      found.problems.push(`${fileOf(name)}: ${answer.problem}`);
    }
  }
  return found;
}
