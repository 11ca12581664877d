/** What we use of `sherpa-onnx-node`, an optional package without types; its seam is as narrow as this. */

export interface SherpaPackage {
  version: string;
  OfflineTts: new (config: { model: Record<string, unknown>; maxNumSentences: number }) => SherpaTts;
}

export interface SherpaTts {
  sampleRate: number;
  /** Blocks until all is spoken. */
  generate(request: {
    text: string;
    enableExternalBuffer: boolean;
    generationConfig: {
      speed: number;
      numSteps: number;
      referenceAudio: Float32Array;
      referenceSampleRate: number;
      referenceText: string;
      extra: Record<string, number>;
    };
  }): { samples: Float32Array; sampleRate: number };
}

/** The message of an import that failed: whether the package is not there, or does not fit this machine. */
export const packageName = "sherpa-onnx-node";
