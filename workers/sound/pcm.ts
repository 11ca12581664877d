/** Sound as numbers. */

/** Mono; samples from −1 to 1. */
export interface Pcm {
  sampleRate: number;
  samples: Float32Array;
}
