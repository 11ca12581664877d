/** What we use of `@echogarden/espeak-ng-emscripten`, which brings no types. */

export interface EspeakWorker {
  /** 0 where it has such a voice; an unknown variant is passed over. */
  set_voice(name: string): number;
  set_rate(wordsAMinute: number): void;
  set_pitch(pitch: number): void;
  set_range(range: number): void;
  get_samplerate(): number;
  /** @param hear samples of 16 bit as they come; true ends it. @returns the phonemes. */
  synthesize_and_get_phonemes(text: string, hear: (samples: Int16Array) => boolean): string;
}

export interface EspeakModule {
  /** Its whole memory; another array once it has grown. */
  HEAPU8: Uint8Array;
  eSpeakNGWorker: new () => EspeakWorker;
}
