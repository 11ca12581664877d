/** `talking_head`: a photo of a face says words in a voice, or speaks along with a recording. */
import { z } from "zod";
import { file, words } from "./fields.ts";
import { definePrompt } from "./prompt.ts";
import { given } from "./quote.ts";
import { numbered } from "./steps.ts";

const args = z
  .strictObject({
    photo: file("Photo", "Artifact id of a picture with one face, seen from the front."),
    words: words("Words", "What it says. Needs a voice, or a recording of the voice.").optional(),
    voice: words("Voice", "Voice of the studio by name.", 200).optional(),
    recording: file(
      "Recording",
      "Artifact id of a sound: with words, the voice to clone; without, what the face speaks along with.",
    ).optional(),
  })
  .superRefine((given, context) => {
    const fail = (path: string, message: string): void => void context.addIssue({ code: "custom", path: [path], message });
    if (given.voice && given.recording) fail("voice", "give a voice or a recording, not both");
    if (given.voice && !given.words) fail("words", "a voice needs words to say");
    if (!given.voice && !given.recording) fail("voice", "give a voice, or a recording");
  });

export const talkingHead = definePrompt({
  name: "talking_head",
  title: "Talking head",
  description: "A photo of a face says given words in a voice, or speaks along with a recording.",
  needs: ["clone_voice", "lip_sync", "make_clip", "wait_for_job"],
  args,
  sources: { photo: "picture", voice: "voice", recording: "sound" },
  message({ photo, words: text, voice, recording }) {
    const clones = recording !== undefined && text !== undefined;
    const steps = [
      `Ask me first whether the person in the photo${recording ? " and the one who speaks in the recording agree" : " agrees"} to this, unless I have said so. Without a yes stop here.`,
      clones ? "Call clone_voice with the recording, then wait_for_job until it is done: its answer names the voice." : "",
      text
        ? "Call make_clip with the photo, my words exactly as they are, and the voice."
        : "Call lip_sync with the photo and the recording: the face speaks along with the sound.",
      "A field that I did not speak of stays at its default, unless I ask for more.",
      "Such a tool asks a person for a yes: hand that question to me, never answer it yourself.",
      "Every call answers at once with a job id; nothing is made yet. Call wait_for_job with it, again while it is not done.",
      "Give me the clip with its job id, and say that it is made by a machine. If a call or a job fails, say so in its own words, with the remedy that it names.",
    ];
    return `Make a talking head with the tools of MySpinBot.\n\n${given({ photo, words: text, voice, recording })}\n\n${numbered(steps)}`;
  },
});
