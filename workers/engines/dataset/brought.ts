/** A picture as a person brought it, by itself or in an archive: read when it is its turn, one at a time. */
export interface Brought {
  /** As it may be shown. */
  name: string;
  /** Artifact that it came in. */
  source: string;
  /** All bytes. @throws NotUsable where there are too many, or they cannot be unpacked. */
  read(signal: AbortSignal): Promise<Uint8Array>;
}
