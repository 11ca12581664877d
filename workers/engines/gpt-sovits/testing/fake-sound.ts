/** What the fake speaks: a tone whose height is its seed and whose length is its text. */

export const silentSecond = { sampleRate: 16_000, samples: new Int16Array(16_000) };

/** As its encoder writes WAV; `streamed` with the lengths that a stream begins with. */
export function wavOf({ sampleRate, samples }: { sampleRate: number; samples: Int16Array }, streamed = false): Buffer {
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(streamed ? 36 : 36 + data.length, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ] as const)
    head.writeUInt16LE(value, at);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * 2, 28);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(streamed ? 0 : data.length, 40);
  return Buffer.concat([head, data]);
}

/** With 0.3 s of silence behind it, as it puts behind every piece. */
export function speech(text: string, seed: number, speed: number): { sampleRate: number; samples: Int16Array } {
  const sampleRate = 32_000;
  const spoken = Math.round((sampleRate * text.length * 0.06) / speed);
  const samples = new Int16Array(spoken + sampleRate * 0.3);
  const hertz = 100 + (seed % 400);
  for (let at = 0; at < spoken; at++) samples[at] = Math.round(8_000 * Math.sin((2 * Math.PI * hertz * at) / sampleRate));
  return { sampleRate, samples };
}
