/** What a harness prints: one line a check, and at the end `N passed, N failed` with the exit code that says the same. */

export interface Checks {
  note(text: string): void;
  /** @returns whether it held. */
  check(what: string, held: boolean, otherwise?: unknown): boolean;
  /** One check that is a whole scene: what it throws is its failure. */
  scene(what: string, play: () => Promise<void>): Promise<void>;
  /** How many did not hold so far. */
  readonly failed: number;
  /** Prints the sum. */
  end(): number;
}

export function createChecks(): Checks {
  let [passed, failed] = [0, 0];
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const checks: Checks = {
    note: (text) => say(`  ${text}`),
    check(what, held, otherwise) {
      if (held) passed++;
      else failed++;
      const reason =
        otherwise === undefined ? "" : `: ${(typeof otherwise === "string" ? otherwise : JSON.stringify(otherwise)).slice(0, 2000)}`;
      say(`${held ? "  ok    " : "  FAILED"}  ${what}${held ? "" : reason}`);
      return held;
    },
    async scene(what, play) {
      say(`\n${what}`);
      await play().catch((error: unknown) =>
        checks.check(what, false, error instanceof Error ? (error.stack ?? error.message) : String(error)),
      );
    },
    get failed() {
      return failed;
    },
    end() {
      say(`\n${passed} passed, ${failed} failed`);
      return failed === 0 ? 0 : 1;
    },
  };
  return checks;
}
