/** Keeps what was made of late, up to a number of bytes; what was asked for the longest ago goes first. */

export interface Kept {
  /** The same bytes as before, or newly made ones. What `make` throws is not kept. */
  get(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

/** @param most bytes. */
export function createKept(most: number): Kept {
  const kept = new Map<string, Uint8Array>();
  let size = 0;
  const drop = (key: string): void => {
    size -= kept.get(key)?.length ?? 0;
    kept.delete(key);
  };
  return {
    async get(key, make) {
      const bytes = kept.get(key) ?? (await make());
      drop(key);
      kept.set(key, bytes);
      size += bytes.length;
      for (const old of kept.keys()) {
        if (size <= most) break;
        drop(old);
      }
      return bytes;
    },
  };
}
