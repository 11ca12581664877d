/** A speech engine for tests that hums where others would speak. */
import type { Consent } from "../../../core/consent.ts";
import { testFfmpeg } from "../../ffmpeg/testing/media.ts";
import type { Pcm } from "../pcm.ts";
import type { SpeechLine, SpeechParts } from "../speech.ts";
import { melody } from "./sounds.ts";

export interface TestEngine extends SpeechParts {
  /** What it was asked to say, call by call. */
  said: SpeechLine[][];
}

export function testEngine(more: Partial<SpeechParts> & { sound?: (line: SpeechLine) => Pcm } = {}): TestEngine {
  const { sound = (line) => melody(0.3 + line.text.length / 50), ...parts } = more;
  const said: SpeechLine[][] = [];
  return {
    engine: { id: "test", title: "Test voice", version: async () => "7" },
    ...{
      family: "test-voice",
      vramGb: 2,
      preview: false,
      generated: true,
      languages: ["en", "de"],
      maxCharacters: 40,
      notes: ["not for sale"],
    },
    voices: [
      { name: "Anna", language: "en" },
      { name: "Bert", language: "de" },
    ],
    ffmpeg: testFfmpeg,
    async say(lines, _run, progress) {
      said.push(lines);
      return lines.map((line, index) => {
        progress(index + 1, lines.length);
        return sound(line);
      });
    },
    ...parts,
    said,
  };
}

export const testConsent: Consent = {
  subject: "voice",
  person: "June",
  statement: "June agreed.",
  references: [{ artifact: "art_1" }],
  approval: "apr_1",
  at: "2026-01-01T00:00:00.000Z",
  by: "local",
  how: "click",
  face: "http",
} as unknown as Consent;
