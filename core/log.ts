/** The part of a logger that we use; pino fits it. First the facts, then the sentence. */
export interface Log {
  debug(facts: object, text?: string): void;
  info(facts: object, text?: string): void;
  warn(facts: object, text?: string): void;
  error(facts: object, text?: string): void;
  child(facts: object): Log;
}

/** A log that says nothing, for tests and for short commands. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
