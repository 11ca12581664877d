/** Revoking a voice: nothing speaks with it any more, and the recordings that it was made of are gone. */
import type { Asset } from "./asset.ts";
import { Failure } from "./failure.ts";
import type { Log } from "./log.ts";
import type { AssetStore } from "./ports/asset-store.ts";
import type { FileStore } from "./ports/files.ts";
import type { ArtifactStore, JobStore } from "./ports/job-store.ts";
import type { Principal } from "./principal.ts";

interface Parts {
  jobs: Pick<JobStore, "speaking">;
  assets: Pick<AssetStore, "list">;
  artifacts: Pick<ArtifactStore, "get" | "remove">;
  files: Pick<FileStore, "remove">;
  cancel(principal: Principal, job: string): Promise<unknown>;
  log: Log;
}

/** Called when the row is gone: what fails here is logged, and the voice stays deleted. */
export async function revokeVoice(
  { jobs, assets, artifacts, files, cancel, log }: Parts,
  { principal, asset }: { principal: Principal; asset: Asset },
): Promise<void> {
  const { details } = asset;
  if (details.kind !== "voice") return;
  for (const job of await jobs.speaking(principal.id, asset.id, asset.job))
    await cancel(principal, job).catch((error: unknown) => {
      if (!(error instanceof Failure)) log.warn({ err: error, job }, "a job with a revoked voice could not be canceled; it will fail");
    });
  const others = await assets.list(principal.id, { kind: "voice", limit: 1000 });
  const shared = others.some((one) => one.details.kind === "voice" && one.details.original.artifact === details.original.artifact);
  const gone = [details.artifact, details.test, ...(shared ? [] : [details.original.artifact])];
  // of a video a picture of the person is kept beside it
  const posters = (await Promise.all(gone.map((id) => artifacts.get(principal.id, id)))).flatMap((one) => one?.poster ?? []);
  for (const key of await artifacts.remove(principal.id, [...gone, ...posters]))
    await files.remove(key).catch((error: unknown) => log.warn({ err: error, key }, "the file of a revoked voice is taken by the sweep"));
}
