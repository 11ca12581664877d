/** The programs of a fake gpu-host that stay loaded between runs, and what they hold of the card. */
import type { Faults } from "./fake-faults.ts";

const gigabyte = 1024 ** 3;
const held = 2 * gigabyte;

interface Card {
  vram_free: number;
  ours: { engine: string; vram: number }[];
}

export class FakeWarm {
  /** How often each was loaded. */
  readonly loads: string[] = [];
  #loaded: string | undefined;
  #lingering = 0;
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  get loaded(): string | undefined {
    return this.#loaded;
  }

  /** Only F5-TTS stays; any other run ends it. */
  begin(engine: string): void {
    if (engine !== "f5-tts") this.#loaded = undefined;
    else if (this.#loaded !== engine) {
      this.#loaded = engine;
      this.loads.push(engine);
    }
  }

  unload(): string[] {
    const gone = this.#loaded ? [this.#loaded] : [];
    if (this.#loaded) this.#lingering = this.#faults.lingers;
    this.#loaded = undefined;
    return gone;
  }

  /** The cards as they are with it. */
  on<T extends Card>(cards: readonly T[]): T[] {
    const holds = this.#loaded !== undefined || this.#lingering > 0;
    if (this.#lingering > 0) this.#lingering--;
    if (!holds) return [...cards];
    return cards.map((card) => ({ ...card, vram_free: card.vram_free - held, ours: [{ engine: "f5-tts", vram: held }] }));
  }
}
