/** What GPT-SoVITS answers, as sound or as a Failure. Its own words name paths of its machine: those go into the log only. */
import { Failure } from "../../../core/failure.ts";
import { type Pcm, readWav } from "../../sound/index.ts";
import type { Answer } from "./http.ts";

const setting = "GPT_SOVITS_FOLDER";

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body.subarray(0, 20_000));

/** Its own sentence and what lies behind it, whatever the language of that machine is. */
function wordsOf({ body }: Answer): string {
  const text = textOf(body);
  try {
    const { message, Exception, detail } = JSON.parse(text) as { message?: unknown; Exception?: unknown; detail?: unknown };
    return [message, Exception, typeof detail === "object" ? JSON.stringify(detail) : detail]
      .filter((word) => typeof word === "string")
      .join(": ");
  } catch {
    return text;
  }
}

const isHtml = (answer: Answer): boolean => answer.type.includes("html") || /^\s*<(!doctype|html)/i.test(textOf(answer.body));

/** Words of a 400, and what a person can do about it. */
const known: readonly [RegExp, (words: string) => Failure][] = [
  [
    /CUDA out of memory|OutOfMemoryError|not enough memory/i,
    () =>
      new Failure(
        "out_of_memory",
        "The graphics card has too little free memory for GPT-SoVITS. Close what else uses it, then retry the job.",
        { retryable: true },
      ),
  ],
  [
    /not exists|(Error opening|No such file).*msb-[0-9a-f]{32}/i,
    () =>
      new Failure(
        "config",
        `GPT-SoVITS cannot read the recording that was laid down for it. Set ${setting} to a folder that both programs see, and GPT_SOVITS_FOLDER_THERE to its path on GPT-SoVITS's side where that is another one; then retry the job.`,
      ),
  ],
  [
    /3\s*[-~～–]\s*10/,
    () =>
      new Failure(
        "invalid_input",
        "GPT-SoVITS takes a recording of 3 to 10 seconds, and this voice's is shorter or longer. Clone the voice again from 3 to 10 seconds.",
      ),
  ],
  [
    /(text_lang|prompt_lang): (\S+) is not supported in version (\S+)/,
    (words) => {
      const [, , language, version] = /(text_lang|prompt_lang): (\S+) is not supported in version (\S+)/.exec(words) ?? [];
      return new Failure(
        "invalid_input",
        `The GPT-SoVITS that runs (model ${version}) does not speak "${language}". Model v1 speaks en, zh and ja; from v2 on ko as well. Start it with a newer model, or ask in another language.`,
      );
    },
  ],
  [
    /enter valid text|请输入有效文本/,
    () => new Failure("invalid_input", "A line has nothing to say: it is of punctuation alone. Write words into it, then ask again."),
  ],
  [
    /Resource '?[\w.]+'? not found|nltk/i,
    () =>
      new Failure(
        "engine_rejected",
        "GPT-SoVITS lacks the word lists (NLTK) that English needs. Install them as its install.sh does, restart it, then retry the job.",
      ),
  ],
];

function refusalOf(answer: Answer, address: string): Failure {
  const words = wordsOf(answer);
  const cause = new Error(`status ${answer.status}: ${words.slice(0, 4000)}`);
  if (isHtml(answer) || answer.status === 404 || answer.status === 405)
    return new Failure(
      "engine_rejected",
      `${address} answers, but not as GPT-SoVITS's api_v2.py does. Set GPT_SOVITS_URL to the address that api_v2.py prints when it starts (usually http://127.0.0.1:9880; api.py is an older program with another API).`,
      { cause },
    );
  if (answer.status === 401 || answer.status === 403)
    return new Failure("engine_rejected", `${address} asks for a login. Put it into GPT_SOVITS_URL: http://user:password@host:port.`, {
      cause,
    });
  const found = known.find(([pattern]) => pattern.test(words))?.[1](words);
  if (found) return new Failure(found.code, found.message, { retryable: found.retryable, cause });
  if (answer.status === 422)
    return new Failure(
      "engine_outdated",
      "GPT-SoVITS does not take our request: it is of another version than we know. Update it to the newest one of 2025 or later, then retry the job.",
      { cause },
    );
  return new Failure(
    "engine_failed",
    `GPT-SoVITS could not speak a line (status ${answer.status}). Its console says why; the server log has its words. Retry the job, and restart GPT-SoVITS if it stays.`,
    {
      retryable: answer.status >= 500,
      cause,
    },
  );
}

/** @throws Failure for anything but sound that can be heard. */
export function soundOf(answer: Answer, address: string): Pcm {
  if (answer.status !== 200 || isHtml(answer) || answer.type.includes("json")) throw refusalOf(answer, address);
  const sound = answer.body.length === 0 ? undefined : readSound(answer);
  if (sound && isHeard(sound)) return sound;
  // where it breaks down in the middle, and where there is nothing to say, it answers 200 with a second of silence
  throw new Failure(
    "engine_failed",
    "GPT-SoVITS gave back silence instead of speech: it ran out of memory, broke down, or found nothing to say in a line. Its console says which. Free memory of the card or change the text, then retry the job.",
    { retryable: true },
  );
}

function readSound({ body, type }: Answer): Pcm {
  try {
    return readWav(body);
  } catch (cause) {
    throw new Failure("engine_failed", "GPT-SoVITS answered with something that is no sound. Update it, then retry the job.", {
      cause: new Error(`${body.length} bytes of ${type}`, { cause }),
    });
  }
}

/** Its rounding leaves a step of 16 bits here and there. */
const quietest = 4 / 32_768;

function isHeard({ samples }: Pcm): boolean {
  return samples.some((sample) => Math.abs(sample) > quietest);
}
