/** A password that a volume was made with, and that is in no file any more. */
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import type { Model } from "./model.ts";
import type { Run } from "./run.ts";
import { derived, made } from "./secrets.ts";
import type { State } from "./state.ts";
import { textOf } from "./write.ts";

/** The project's volumes by name; undefined where no engine tells. */
async function volumes(project: string, run: Run): Promise<string[] | undefined> {
  for (const engine of ["docker", "podman"]) {
    const said = await run(engine, ["volume", "ls", "--quiet", "--filter", `label=com.docker.compose.project=${project}`]);
    if (said.code === 0) return said.stdout.split("\n").flatMap((line) => line.trim() || []);
  }
  return undefined;
}

/** The volume of the database, where an engine tells whether there is one. */
export async function databaseVolume(project: string | undefined, run: Run): Promise<{ there: string | undefined } | undefined> {
  const all = await volumes(project ?? "myspinbot", run);
  return all && { there: all.find((one) => /postgres/.test(one)) };
}

/** Only what its service keeps by itself counts; what any derived file still holds is not lost. */
export async function lostSecrets(asked: {
  folder: string;
  state: State;
  run: Run;
  model: Model | undefined;
}): Promise<Failure | undefined> {
  const at = (name: string) => join(asked.folder, "secrets", name);
  for (const { name } of made.filter(({ kept }) => kept)) {
    const held = derived.find(({ from }) => from === name);
    if ((await textOf(at(name))) !== undefined || held?.holds((await textOf(at(held.name))) ?? "")) continue;
    const found = await databaseVolume(asked.model?.project, asked.run);
    const volume = found?.there;
    // without an engine to ask, what was once made is taken to be in use
    if (found ? volume === undefined : asked.state.made[name] === undefined) continue;
    return new Failure(
      "config",
      `compose/secrets/${name} is missing, and ${volume ? `the volume ${volume} was made with it` : `it was made at ${asked.state.made[name]}`}: a new one would lock everybody out of the database. ` +
        `Put the file back from your backup, or make a new one and tell PostgreSQL: npm run compose:init -- --rotate ${name}. Nothing was changed.`,
    );
  }
  return undefined;
}
