/** Who uses the graphics card now: told by the worker that runs a job on it, asked by whoever would load a chat model onto it too. */

export interface CardUse {
  /** What the job loads. */
  family: string;
  vramGb: number;
  /** GB that others may load beside it; 0 until the worker has looked, and beside a training. */
  spareGb: number;
  since: Date;
}

/** The card, taken for one job. A lease: it ends by itself where its process dies. */
export interface CardHold {
  spare(gb: number): Promise<void>;
  /** GB of the chat models that were let onto the card and are at work, infinite where one's size is not known; undefined where none is. */
  turns(): Promise<number | undefined>;
  /** Never throws. */
  end(): Promise<void>;
}

/** A chat turn that was let onto the card. A lease, as the hold. */
export interface CardSeat {
  /** Never throws. */
  leave(): Promise<void>;
}

/** The model that a turn would load, and its GB where they are known. */
export interface ChatLoad {
  model: string;
  gb?: number;
}

export interface Card {
  /** From the moment in which this returns no turn is let onto the card that does not fit beside the job; those that were let before are in `turns`. */
  take(worker: string, use: Pick<CardUse, "family" | "vramGb">): Promise<CardHold>;
  /** A seat where nothing runs or the model fits beside what runs; undefined where the card is busy. `quiet`: nobody is talking, as when a model is warmed. */
  enter(load: ChatLoad, options?: { quiet?: boolean }): Promise<CardSeat | undefined>;
  /** The use that leaves least; undefined where nothing runs. */
  now(): Promise<CardUse | undefined>;
  /** Milliseconds since somebody last talked, and the models that talked. */
  talk(): Promise<{ agoMs: number | undefined; models: string[] }>;
}

interface HeldCard extends Omit<CardUse, "since"> {
  hold: string;
  since: number;
  until: number;
  /** Another card than the chat model's. */
  apart?: true;
}

/** What the processes share. Times are milliseconds of the ledger's own clock. */
export interface CardState {
  /** By worker. */
  uses: Record<string, HeldCard>;
  seats: Record<string, ChatLoad & { until: number }>;
  talkedAt?: number;
  models: string[];
}

/** Where the state is kept: one change at a time, over all processes. PostgreSQL is the adapter. */
export interface CardLedger {
  /** `work` changes the state in place and may run again. */
  change<T>(work: (state: CardState, now: number) => T): Promise<T>;
}

/** A model in the chat server's memory, as far as it lies on the card. */
export interface HeldModel {
  name: string;
  gb: number;
  /** Loaded by this studio. */
  ours: boolean;
}

/** The chat model's share of the card. */
export interface ChatMemory {
  /** What lies on the card; nothing where its server does not answer or is none that shares this card with us. */
  held(signal: AbortSignal): Promise<HeldModel[]>;
  /** Unloads ours and waits until they are gone; Failure where they stay. */
  release(signal: AbortSignal): Promise<void>;
  /** The model that would talk next, where it can be loaded before anybody asks. */
  next(signal: AbortSignal): Promise<ChatLoad | undefined>;
  /** Loads it as the next turn would. */
  warm(load: ChatLoad, signal: AbortSignal): Promise<void>;
}
