/** What a person has in the end: a file that plays, made by the engine that should, with its recipe and mark inside, and the consent that was given. */
import type { JobView } from "../../core/view.ts";
import type { Probed } from "../../workers/ffmpeg/index.ts";
import { ask, type Wish } from "./ask.ts";
import type { House } from "./house.ts";
import type { Way } from "./table.ts";

export interface Expected {
  /** Id of the engine, and the family of its work. */
  engine: string;
  family: string;
  /** The program, as recipes name it, where an engine has several. */
  program?: string;
  /** Whether a trained model made it. Default: true. */
  generated?: boolean;
  /** What the notes must say, such as a licence that forbids commercial use. */
  notes?: RegExp;
  /** Whose voice or face was agreed to. */
  consent?: { subject: "voice" | "face"; how: string };
  /** What a player finds. */
  plays(probed: Probed): boolean;
}

export const speech = ({ audio, video, seconds }: Probed): boolean => audio !== undefined && video === undefined && seconds > 0.5;
export const silentFilm = ({ audio, video, seconds }: Probed): boolean => audio === undefined && video?.codec === "avc" && seconds > 0.5;
export const soundFilm = ({ audio, video, seconds }: Probed): boolean => audio?.codec === "aac" && video?.codec === "avc" && seconds > 0.5;

const hows: Record<Way, string> = { chat: "words", "MCP form": "elicitation", "MCP page": "page", HTTP: "dialog" };
export const consentBy = (subject: "voice" | "face", way: Way) => ({ subject, how: hows[way] });

const mark = "trainedAlgorithmicMedia";

async function judge(house: House, way: Way, job: JobView, expected: Expected): Promise<string> {
  const { checks, product } = house;
  const name = `${job.tool} by ${expected.engine}, ${way}`;
  if (!checks.check(`${name}: it succeeds`, job.state === "succeeded", job.error ?? job))
    return `${job.state}: ${job.error?.message ?? ""}`;
  const [row] = await product.rows<{ family: string }>("select family from jobs where id = $1", [job.id]);
  checks.check(`${name}: the engine and family that it should be`, job.engine === expected.engine && row?.family === expected.family, [
    job.engine,
    row,
  ]);
  const [file] = job.artifacts;
  const { probed, recipe, bytes } = await house.look(file?.id ?? "");
  checks.check(`${name}: it plays`, expected.plays(probed), probed);
  const { generated = true } = expected;
  checks.check(
    `${name}: its recipe is inside, no preview, ${generated ? "" : "not "}of a trained model`,
    recipe?.tool === job.tool && recipe.preview === false && recipe.generated === generated && recipe.engine.id === expected.engine,
    recipe,
  );
  if (expected.program)
    checks.check(
      `${name}: the recipe names ${expected.program}`,
      recipe?.engine.version.includes(expected.program) === true,
      recipe?.engine,
    );
  checks.check(`${name}: ${generated ? "" : "not "}marked for who shows it`, bytes.includes(mark) === generated, bytes.length);
  const notes = (job.notes ?? []).join(" ");
  if (expected.notes) checks.check(`${name}: the licence is said`, expected.notes.test(notes), notes);
  if (expected.consent)
    checks.check(
      `${name}: who agreed, to what and how is kept`,
      job.consent?.subject === expected.consent.subject && job.consent.how === expected.consent.how && job.consent.by !== undefined,
      job.consent,
    );
  const { video, audio, seconds } = probed;
  return [video && `${video.codec} ${video.width}x${video.height}`, audio?.codec, `${seconds.toFixed(1)} s`].filter(Boolean).join(", ");
}

/** Asked for, to the end, judged, and put into the table. */
export async function seen(house: House, way: Way, wish: Wish, expected: Expected): Promise<JobView> {
  const job = await ask(house, way, wish);
  const what = await judge(house, way, job, expected);
  house.table.add(wish.tool, expected.program ?? expected.engine, way, what);
  return job;
}
