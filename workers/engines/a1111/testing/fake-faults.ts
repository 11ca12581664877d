/** What a fake A1111 does wrong on demand. */
export type DrawFault =
  /** The connection breaks: before it is taken, or after it is done. */
  | "lose-request"
  | "lose-answer"
  /** The answer breaks off half way. */
  | "half-answer"
  | "oom"
  | "nan"
  | "fail"
  /** 422, as of a version that takes other fields. */
  | "unprocessable"
  /** 200 with something that is no answer, and with base64 that is no picture. */
  | "garbage"
  | "no-picture"
  | "broken-picture"
  | "wrong-size"
  /** Never ends, and ignores an interruption for a while. */
  | "hang"
  /** Fails before it begins, which leaves it in the list of those that wait. */
  | "stuck";

export interface Faults {
  /** Of the next tasks, one each. */
  draw: DrawFault[];
  /** Every request gets a web page. */
  html: boolean;
  /** Status for every request, as of a proxy; 0 = none. */
  status: number;
  /** Milliseconds that each post of work is under way before it is taken. */
  holdMs: number;
  /** A LoRA that is listed is not loaded. */
  deafToLoras: boolean;
  /** VRAM stays taken after it is unloaded. */
  keepVram: boolean;
}

export const noFaults = (): Faults => ({ draw: [], html: false, status: 0, holdMs: 0, deafToLoras: false, keepVram: false });
