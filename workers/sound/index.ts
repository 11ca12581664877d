/** Speech that does not depend on the engine that speaks: reading, checking and joining sound, cutting text, cloning. */
export { cutText, sentencesOf } from "./cut-text.ts";
export { decodeSound } from "./decode.ts";
export type { Pcm } from "./pcm.ts";
export { createSpeech, type SpeechLine, type SpeechParts } from "./speech.ts";
export { createTranscriber, type Transcriber } from "./transcriber.ts";
export { readWav, writeWav } from "./wav.ts";
