/** Who speaks in the check: recordings of people where a folder has some, and voices of espeak-ng elsewhere. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Espeak } from "../../workers/espeak/index.ts";
import { type Pcm, readWav } from "../../workers/sound/index.ts";

export interface Person {
  name: string;
  recording: Pcm;
  /** What is said in it. */
  transcript: string;
}

const never = new AbortController().signal;

/** Sounds of every kind, and long enough for a measure: some six seconds. */
export const texts = [
  "The birch canoe slid on the smooth planks, and the juice of lemons makes a very fine punch on a warm day.",
  "Glue the sheet to the dark blue background before it is easy to tell the depth of a well by the sound.",
] as const;

export async function espeakPerson(espeak: Espeak, name: string, variant: string | undefined, transcript: string): Promise<Person> {
  const recording = await espeak.say({ text: transcript, language: "en", speed: 1, ...(variant ? { variant } : {}), signal: never });
  return { name, recording, transcript };
}

/** `name.wav` (3 to 10 s, PCM) beside `name.txt`, what is said in it in English; three people or more. */
export async function peopleIn(folder: string): Promise<Person[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wav")).sort();
  const people = await Promise.all(
    names.map(async (name) => ({
      name: basename(name, ".wav"),
      recording: readWav(await readFile(join(folder, name))),
      transcript: (await readFile(join(folder, name.replace(/\.wav$/, ".txt")), "utf8")).trim(),
    })),
  );
  if (people.length < 3)
    throw new Error(`VOICE_CHECK_FOLDER has ${people.length} recordings with words; three are needed, of three people`);
  return people;
}
