/**
 * `npm run check:voices`: whether a cloned voice is the person's, told by numbers. It first shows on voices of espeak-ng that the measure tells speakers apart, and then compares
 * what each engine that clones says with the recording and with two strangers. What cannot be measured here is named as not run; only what was measured and is wrong fails.
 * Settings: RESEMBLYZER_PYTHON (a Python with resemblyzer 0.1.4 and webrtcvad-wheels), VOICE_CHECK_FOLDER (recordings, see people.ts), and those of the engines.
 */
import { silentLog } from "../../core/log.ts";
import { createEspeak, type Espeak } from "../../workers/espeak/index.ts";
import { createFfmpeg, withFolder } from "../../workers/ffmpeg/index.ts";
import { type Cloner, cloners } from "./engines.ts";
import { espeakPerson, type Person, peopleIn, texts } from "./people.ts";
import { findPython, type Ruler, startRuler } from "./ruler.ts";
import { speakAs } from "./speak.ts";
import { cloneFault, measureFault } from "./verdict.ts";

type Outcome = "passed" | "failed" | "not run";

const counts: Record<Outcome, number> = { passed: 0, failed: 0, "not run": 0 };

function tell(what: string, outcome: Outcome, why: string): void {
  counts[outcome]++;
  process.stdout.write(`${outcome.padEnd(8)} ${what}: ${why}\n`);
}

const measureName = "the measure tells speakers apart (espeak-ng)";
const nameOf = (engine: Pick<Cloner, "title">): string => `a clone by ${engine.title} is nearer to its recording than to two strangers`;

const figures = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(" ");

/** A man and a woman, each with two texts: alike where it is one speaker, unlike where it is two. */
async function checkMeasure(ruler: Ruler, espeak: Espeak): Promise<void> {
  const [one, other] = texts;
  const people = [
    await espeakPerson(espeak, "man", "m7", one),
    await espeakPerson(espeak, "man", "m7", other),
    await espeakPerson(espeak, "woman", "f3", one),
    await espeakPerson(espeak, "woman", "f3", other),
  ];
  const found = await ruler.similarity(people.map(({ recording }) => recording));
  const at = (row: number, column: number): number => found[row]?.[column] ?? Number.NaN;
  const [same, different] = [
    [at(0, 1), at(2, 3)],
    [at(0, 2), at(0, 3), at(1, 2), at(1, 3)],
  ];
  const fault = measureFault({ same, different });
  tell(measureName, fault ? "failed" : "passed", fault ?? `same speaker ${figures(same)}, man and woman ${figures(different)}`);
}

async function checkEngine(engine: Cloner, ruler: Ruler, people: readonly Person[]): Promise<void> {
  const { state, note, fix } = await engine.status();
  if (state !== "ready") return tell(nameOf(engine), "not run", `${state}. ${note ?? fix ?? ""}`.trim());
  try {
    for (const [index, person] of people.slice(0, 3).entries()) {
      const clone = await speakAs(engine, person, texts[1]);
      const strangers = people.filter((other) => other.name !== person.name).slice(0, 2);
      const [row = []] = await ruler.similarity([clone, person.recording, ...strangers.map(({ recording }) => recording)]);
      const [, own = Number.NaN, ...others] = row;
      const fault = cloneFault({ own, strangers: others });
      const said = `own ${own.toFixed(3)}, strangers ${figures(others)}`;
      tell(`${nameOf(engine)} (${index + 1}: ${person.name})`, fault ? "failed" : "passed", fault ?? said);
    }
  } catch (error) {
    tell(nameOf(engine), "failed", error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<void> {
  const { engines, close } = cloners(createFfmpeg({ log: silentLog }));
  const espeak = createEspeak({ log: silentLog });
  try {
    const python = await findPython();
    if (!python) {
      const why =
        "no Resemblyzer. In an environment of its own: pip install torch webrtcvad-wheels librosa scipy && pip install --no-deps Resemblyzer==0.1.4, then RESEMBLYZER_PYTHON=its/bin/python";
      for (const name of [measureName, ...engines.map(nameOf)]) tell(name, "not run", why);
      return;
    }
    await withFolder(undefined, async (folder) => {
      const ruler = await startRuler(python, folder);
      try {
        await checkMeasure(ruler, espeak);
        const brought = process.env["VOICE_CHECK_FOLDER"];
        const people = brought
          ? await peopleIn(brought)
          : [
              await espeakPerson(espeak, "woman", "f3", texts[0]),
              await espeakPerson(espeak, "man", undefined, texts[0]),
              await espeakPerson(espeak, "deep man", "m7", texts[0]),
            ];
        for (const engine of engines) await checkEngine(engine, ruler, people);
      } finally {
        await ruler.close();
      }
    });
  } finally {
    await Promise.all([espeak.close(), close()]);
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts["not run"]} not run\n`);
    if (counts.failed > 0) process.exitCode = 1;
  }
}

await main();
