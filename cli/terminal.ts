/** Where the command line writes. A live line is rewritten in place on a terminal; a log gets whole lines only. */
import { plain, plainLine } from "./plain.ts";

export interface Output {
  write(text: string): unknown;
  readonly columns?: number;
}

export interface Terminal {
  /** A piece of an answer that arrives in pieces; not cut into lines by us. */
  text(piece: string): void;
  /** A finished line. */
  line(text: string): void;
  /** To stderr. */
  error(text: string): void;
  /** The one line that changes, on a terminal only. */
  live(text: string): void;
  clear(): void;
  readonly isTTY: boolean;
}

export function createTerminal(stdout: Output, stderr: Output, isTTY: boolean): Terminal {
  let shown = false;
  let midLine = false;
  /** Whether the last thing written was a line of ours: line breaks that begin a piece would then leave an empty one. */
  let ownLine = true;
  const clear = () => {
    if (shown) stdout.write("\r\u001b[2K");
    if (midLine) stdout.write("\n");
    ownLine ||= shown || midLine;
    shown = false;
    midLine = false;
  };
  return {
    isTTY,
    clear,
    text(piece) {
      if (shown) clear();
      const safe = ownLine ? plain(piece).replace(/^\n+/, "") : plain(piece);
      if (!safe) return;
      stdout.write(safe);
      midLine = !safe.endsWith("\n");
      ownLine = false;
    },
    line(text) {
      clear();
      stdout.write(`${text}\n`);
      ownLine = true;
    },
    error(text) {
      clear();
      stderr.write(`${text}\n`);
      ownLine = true;
    },
    live(text) {
      if (!isTTY) return;
      if (midLine) clear();
      // a line that wraps cannot be rewritten
      const cut = plainLine(text, Math.max(20, (stdout.columns ?? 80) - 1));
      stdout.write(`\r\u001b[2K${cut}`);
      shown = true;
    },
  };
}
