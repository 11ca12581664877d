/** Local files that go with a turn: uploaded first, so that the turn only names them. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import type { Client } from "../core/client.ts";
import { Failure } from "../core/failure.ts";
import type { ArtifactView } from "../core/view.ts";
import { localFailure } from "./local-failure.ts";

export async function attachFile(client: Client, path: string): Promise<ArtifactView> {
  try {
    const file = await open(path, "r");
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new Failure("invalid_input", `${path} is no file. Attach pictures one by one.`);
      return await client.upload(basename(path), file.createReadStream({ autoClose: false }), found.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw localFailure(error, path);
  }
}
