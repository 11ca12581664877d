/** What a fake GPT-SoVITS is told to do, and what it was asked. */

export interface FakeOptions {
  /** Of the model that runs: v1 speaks no Korean. */
  version?: "v1" | "v2" | "v2ProPlus" | "v3";
  /** Its own words come in the language of its machine. */
  locale?: "en" | "zh";
  /** Milliseconds that a line takes; nobody is answered meanwhile. */
  lineMs?: number;
  /** What is wrong with the next lines, one entry each; none where it is empty. */
  faults?: Fault[];
  port?: number;
}

/**
 * `silence`: it broke down in the middle (out of memory); `nothing`: no bytes; `html`: a proxy's page; `crash`: 500; `drop`: the connection breaks off; `stream`: WAV with the lengths
 * of a stream; `memory`: 400 that names the card's memory; `words`: 400 that names missing word lists; `invalid`: 422, as another version's.
 */
export type Fault = "silence" | "nothing" | "html" | "crash" | "drop" | "stream" | "memory" | "words" | "invalid";

export interface FakeAsked {
  body: Record<string, unknown>;
  /** Whether the file was there, and its seconds. */
  seconds: number | undefined;
}
