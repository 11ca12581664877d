/** Sample pictures while it trains, each shown once. A picture that cannot be fetched costs only itself. */
import { buffer } from "node:stream/consumers";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import type { RunEvent } from "./wire.ts";

export interface Previews {
  /** Events up to this number were shown by somebody before. */
  from(seq: number): void;
  on(run: string, event: RunEvent): void;
}

export function createPreviews(api: Api, run: Run): Previews {
  let shown = 0;
  return {
    from(seq) {
      shown = seq;
    },
    on(id, event) {
      if (event.type !== "sample" || event.seq <= shown) return;
      shown = event.seq;
      void (async () => {
        const picture = await buffer(await api.file(id, event.name, run.signal));
        run.preview("image/png", picture);
      })().catch((error: unknown) => run.log.debug({ err: error }, "a sample picture could not be shown"));
    },
  };
}
