/** Every tool for sound and video, asked for in words through the pipe by somebody who is no administrator. */
import { recording, saidInRecording } from "../fixtures/recording.ts";
import { aPng } from "./daily.ts";
import type { Sent } from "./person.ts";
import type { Stage } from "./scene.ts";

interface Step {
  what: string;
  text: string;
  files?: unknown[];
  /** In the chat of the step before. */
  goesOn?: boolean;
  /** Media type of its card, and how many jobs the chat has then. */
  type: string;
  jobs: number;
}

export async function mediaTools({ checks, anna, jobs, product }: Stage): Promise<void> {
  await anna.open();
  // the tab answers every dialog with yes
  anna.answering(true);
  const sound = () => recording().then((body) => anna.upload("june.wav", "audio/wav", new Uint8Array(body)));
  const photo = await anna.upload("june.png", "image/png", await aPng());
  const steps: Step[] = [
    {
      what: "a voice is cloned from an attached recording",
      text: `clone this voice as june, it is June Carter, it says "${saidInRecording}"`,
      files: [await sound()],
      ...{ type: "audio/", jobs: 1 },
    },
    { what: "it speaks", text: "say good morning in june's voice", type: "audio/", jobs: 1 },
    { what: "a video is made", text: "make a 2 second video of a fox running", type: "video/mp4", jobs: 1 },
    { what: "and enlarged", text: "upscale the video 2x", goesOn: true, type: "video/mp4", jobs: 2 },
    {
      what: "a picture speaks along with a recording",
      text: "make her speak this",
      files: [photo, await sound()],
      type: "video/mp4",
      jobs: 1,
    },
    { what: "a picture says words", text: 'make this picture say "hello you"', files: [photo], type: "video/mp4", jobs: 4 },
    { what: "and says others, the rest stays", text: "redo the voice: say good night instead", goesOn: true, type: "video/mp4", jobs: 7 },
  ];
  let before: Sent | undefined;
  for (const { what, text, files, goesOn, type, jobs: count } of steps) {
    const chat = goesOn && before ? { chat: before.chat, parent: before.message } : {};
    const sent = await anna.say(text, { ...chat, ...(files ? { files } : {}) });
    const message = await anna.done(sent, 240_000);
    const cards = (message.files ?? []) as { content_type?: string; name?: string }[];
    const made = await jobs(sent.chat);
    checks.check(`${what}: one file comes`, cards.length === 1 && `${cards[0]?.content_type}`.startsWith(type), {
      content: message.content,
      cards,
    });
    checks.check("and its jobs are done", made.length === count && made.every(({ state }) => state === "succeeded"), made);
    before = sent;
  }
  const kept = await product.rows<{ tool: string; how: string; face: string }>(
    "select tool, consent ->> 'how' as how, consent ->> 'face' as face from jobs where consent is not null and conversation like 'owui-%'",
  );
  const tools = new Set(kept.map(({ tool }) => tool));
  checks.check(
    "each consent is kept: by a dialog, in the chat",
    kept.every(({ how, face }) => how === "dialog" && face === "chat"),
    kept,
  );
  checks.check(
    "for the voice, the face and the clips",
    ["clone_voice", "lip_sync", "make_clip"].every((tool) => tools.has(tool)),
    kept,
  );
}
