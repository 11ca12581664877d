/** Listens to a recording before a voice of it is accepted: what is wrong with it is said now, not when the card is taken. */
import { Failure } from "../../core/failure.ts";
import type { ClonePlan, CloneWish, Opener } from "../../core/ports/sound.ts";
import type { Source } from "../../core/source.ts";
import { checkLength } from "./judge.ts";
import { testSentence } from "./languages.ts";
import { checkLanguage, checkText } from "./plan-speech.ts";
import { chooseFrom, readRecording, type Window } from "./recording.ts";
import type { SpeechParts } from "./speech.ts";
import { transcriptOf } from "./transcript.ts";

/** Seconds that a person waits for an answer at most. */
const limitSeconds = 600;
/** Of the test sentence: it is heard once. */
const mostTest = 300;

export interface CloneParts extends SpeechParts {
  reference: Window;
}

function checkSource({ name, mediaType, seconds, sound }: Source, window: Window): void {
  if (!/^(audio|video)\//.test(mediaType))
    throw new Failure("invalid_input", `${name} is no recording (${mediaType}). Give a sound, such as WAV or MP3, or a video with sound.`);
  if (mediaType.startsWith("video/") && sound === false)
    throw new Failure("invalid_input", `${name} is a video without sound. Give a recording, or a video in which the person is heard.`);
  if (seconds !== undefined) checkLength(seconds, window.least);
}

export async function planClone(wish: CloneWish, source: Source, open: Opener, parts: CloneParts): Promise<ClonePlan> {
  const { reference, ffmpeg, transcriber, scratch } = parts;
  if (wish.person.trim() === "") throw new Failure("invalid_input", "Whose voice it is must be said: give person, such as their name.");
  checkSource(source, reference);
  if (wish.language !== undefined) checkLanguage(wish.language, parts);
  const signal = AbortSignal.timeout(limitSeconds * 1000);
  const sound = await readRecording(ffmpeg, await open(wish.audio), reference, { signal, ...(scratch ? { scratch } : {}) });
  const at = {
    ...(wish.start === undefined ? {} : { start: wish.start }),
    ...(wish.seconds === undefined ? {} : { seconds: wish.seconds }),
  };
  const chosen = await chooseFrom(sound, at, reference, signal);
  const { notes, ...words } = await transcriptOf(wish, chosen, transcriber, signal);
  const language = checkLanguage(words.language, parts);
  const sentence = wish.testSentence ?? testSentence(language, words.transcript).slice(0, mostTest);
  checkText(sentence);
  if (sentence.length > mostTest)
    throw new Failure(
      "invalid_input",
      `The test sentence has ${sentence.length} characters; at most ${mostTest}. Give a shorter one: speak reads long texts.`,
    );
  return {
    request: {
      audio: wish.audio,
      ...chosen.piece,
      person: wish.person.trim(),
      ...words,
      language,
      testSentence: sentence,
      seed: wish.seed,
    },
    ...{ family: parts.family, vramGb: parts.vramGb },
    notes: [...parts.notes, ...chosen.notes, ...notes],
  };
}
