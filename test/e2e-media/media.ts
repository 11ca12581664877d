/** A face, a film of it, a small film, and a recording of somebody who speaks: what people bring. */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { silentLog } from "../../core/log.ts";
import { createEspeak } from "../../workers/espeak/index.ts";
import { createFfmpeg, withFolder } from "../../workers/ffmpeg/index.ts";
import { writeWav } from "../../workers/sound/index.ts";

/** What the recording says in its first seconds, and what the transcriber here hears in any. */
export const transcript = "Good morning, this is June. I read a few sentences aloud, so that my voice is known.";
const rest = "The weather is fine today, and the garden is green.";

const ffmpeg = createFfmpeg({ log: silentLog });
const signal = new AbortController().signal;
const people = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api/package.json")), "demo");

/** Of one woman, cut out of a photo that comes with the face finder. */
export async function face(width = 480, height = 434): Promise<Buffer> {
  return sharp(join(people, "sample1.jpg"))
    .extract({ left: 1300, top: 60, width: 620, height: 560 })
    .resize(width, height, { fit: "cover" })
    .png()
    .toBuffer();
}

async function made(args: readonly string[], input?: Buffer): Promise<Buffer> {
  return withFolder(undefined, async (cwd) => {
    if (input) await writeFile(join(cwd, "in.png"), input);
    await ffmpeg.run([...args, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "out.mp4"], { cwd, signal });
    return readFile(join(cwd, "out.mp4"));
  });
}

/** The face for so long, without sound. */
export const film = async (seconds: number): Promise<Buffer> =>
  made(["-loop", "1", "-framerate", "12", "-i", "in.png", "-t", `${seconds}`], await face(320, 288));

/** Six frames with sound: to be enlarged one by one. */
export const shortFilm = (): Promise<Buffer> =>
  made(["-f", "lavfi", "-i", "testsrc=size=96x72:rate=6:duration=1", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"]);

let spoken: Promise<{ june: Buffer; word: Buffer }> | undefined;

/** As a person speaks, in pauses. */
export function recordings(): Promise<{ june: Buffer; word: Buffer }> {
  spoken ??= record();
  return spoken;
}

async function record(): Promise<{ june: Buffer; word: Buffer }> {
  const espeak = createEspeak({ log: silentLog });
  const say = async (text: string) =>
    Buffer.from(writeWav(await espeak.say({ text, language: "en", speed: 1, variant: "f3", signal } as never)));
  try {
    return { june: await say(`${transcript} ${rest}`), word: await say("Good evening, everybody.") };
  } finally {
    await espeak.close();
  }
}
