/** Makes what `docker compose up` reads and a person should not have to think of: secrets as files, and `.env`. What is there stays as it is. */
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/failure.ts";
import { parseEnv, withValue } from "./env-file.ts";
import { databaseVolume, lostSecrets } from "./lost.ts";
import { looksLikeFile, type Model, readModel } from "./model.ts";
import { usualProfiles } from "./profiles.ts";
import type { Run } from "./run.ts";
import { chance, derived, made, weakness } from "./secrets.ts";
import { readState, type State, writeState } from "./state.ts";
import { settledImages } from "./upgrade.ts";
import { replaceFile, sweepParts, textOf, writeNewFile } from "./write.ts";

export interface InitOptions {
  /** Absolute path of the folder with compose.yaml. */
  folder: string;
  /** Undefined: those that `.env` names, else the usual ones. */
  profiles?: readonly string[];
  run: Run;
  now?: () => Date;
}

export interface Initiated {
  /** Names of files that were made, and of those that were there. */
  made: string[];
  kept: string[];
  /** Further things to say, one a line. */
  notes: string[];
  /** Secrets made in this run, to be shown this once. */
  fresh: Record<string, string>;
  env: Record<string, string>;
}

export const secretsFolder = (folder: string): string => join(folder, "secrets");
const open = 0o444;

/** The folder keeps others out; inside it a container's own user must be able to read, whoever that is. */
export async function secureFolder(folder: string): Promise<string[]> {
  const path = secretsFolder(folder);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const notes: string[] = [];
  const mode = (await stat(path)).mode & 0o777;
  if (mode !== 0o700) {
    await chmod(path, 0o700);
    if (mode & 0o077) notes.push(`compose/secrets could be opened by others (mode ${mode.toString(8)}); it is yours alone now (700)`);
  }
  // whatever a repository around it ignores
  await writeNewFile(join(path, ".gitignore"), "*\n", 0o644);
  await sweepParts(path);
  return notes;
}

/** Each secret's text after this; makes those that are missing. */
async function makeSecrets(folder: string, env: Record<string, string>): Promise<Pick<Initiated, "made" | "kept" | "notes" | "fresh">> {
  const done: Pick<Initiated, "made" | "kept" | "notes" | "fresh"> = { made: [], kept: [], notes: [], fresh: {} };
  const at = (name: string) => join(secretsFolder(folder), name);
  for (const { name, bytes, adopt } of made) {
    const held = derived.find(({ from }) => from === name);
    const recovered = held?.holds((await textOf(at(held.name))) ?? "");
    const old = adopt === undefined ? undefined : env[adopt];
    const adopted = old !== undefined && weakness(old, 16) === undefined ? old : undefined;
    const isNew = await writeNewFile(at(name), `${recovered || adopted || chance(bytes)}\n`, open);
    done[isNew ? "made" : "kept"].push(name);
    if (isNew && !recovered) done.fresh[name] = (await textOf(at(name))) ?? "";
    if (isNew && recovered) done.notes.push(`${name} was missing, and is the one that ${held?.name} holds`);
    else if (isNew && adopted) done.notes.push(`${name} is what ${adopt} was in compose/.env; the line there is needed no longer`);
  }
  for (const { name, from, make } of derived) {
    const isNew = await writeNewFile(at(name), `${make((await textOf(at(from))) ?? "")}\n`, open);
    done[isNew ? "made" : "kept"].push(name);
  }
  return done;
}

/** What an interrupted change left half done is brought to its end: what is derived follows. */
async function finishRotation(folder: string, state: State): Promise<string[]> {
  const notes: string[] = [];
  for (const from of state.rotating)
    for (const { name, make } of derived.filter((one) => one.from === from)) {
      await replaceFile(join(secretsFolder(folder), name), `${make((await textOf(join(secretsFolder(folder), from))) ?? "")}\n`, open);
      notes.push(`a change of ${from} had been interrupted; ${name} fits it now`);
    }
  return notes;
}

/** Failure `config` where two files do not belong together. */
async function mustFit(folder: string): Promise<void> {
  for (const { name, from, holds } of derived) {
    const [text, secret] = [await textOf(join(secretsFolder(folder), name)), await textOf(join(secretsFolder(folder), from))];
    if (text !== undefined && secret !== undefined && holds(text) !== secret)
      throw new Failure(
        "config",
        `compose/secrets/${name} does not hold what compose/secrets/${from} is. Where an outside server is meant, put its address into ${name} and the same password into ${from}; else remove ${name} and run this again.`,
      );
  }
}

async function writeEnv(
  folder: string,
  asked: readonly string[] | undefined,
): Promise<{ env: Record<string, string>; note: string; isNew: boolean }> {
  const path = join(folder, ".env");
  const there = await textOf(path);
  const wanted = asked?.join(",");
  if (there === undefined) {
    const text = withValue((await textOf(join(folder, ".env.example"))) ?? "", "COMPOSE_PROFILES", wanted ?? usualProfiles);
    const isNew = await writeNewFile(path, `${text.replace(/\n*$/, "")}\n`, 0o600);
    return { env: parseEnv(text), note: "", isNew };
  }
  const now = parseEnv(there)["COMPOSE_PROFILES"];
  if (now !== undefined && (wanted === undefined || wanted === now)) return { env: parseEnv(there), note: "", isNew: false };
  const text = withValue(there, "COMPOSE_PROFILES", wanted ?? usualProfiles);
  await replaceFile(path, `${text.replace(/\n*$/, "")}\n`, (await stat(path)).mode & 0o777);
  const note = `.env: COMPOSE_PROFILES is ${wanted ?? usualProfiles} now${now === undefined ? "" : `, and was ${now}`}; every other line stays`;
  return { env: parseEnv(text), note, isNew: false };
}

export async function modelOf(folder: string, env: Record<string, string>): Promise<Model | undefined> {
  const text = await textOf(join(folder, "compose.yaml"));
  return text === undefined ? undefined : readModel([text], env, (env["COMPOSE_PROFILES"] ?? "").split(","));
}

/** Folders that containers read from: the engine would make them as root's, and then nobody could put a model there. */
async function makeFolders(folder: string, model: Model | undefined): Promise<string[]> {
  const inside = (model?.binds ?? []).filter(({ source, target }) => source.startsWith("./") && !looksLikeFile(target));
  const made = await Promise.all(inside.map(({ source }) => mkdir(join(folder, source), { recursive: true })));
  return [...new Set(made.flatMap((path) => (path ? [`${path.slice(folder.length + 1)}/`] : [])))];
}

/** Failure `config` where a secret that lives on in a volume is lost: a new one would lock everybody out. Nothing is changed then. */
export async function init({ folder, profiles, run, now = () => new Date() }: InitOptions): Promise<Initiated> {
  const before = parseEnv((await textOf(join(folder, ".env"))) ?? "");
  const state = await readState(folder);
  const lost = await lostSecrets({ folder, state, run, model: await modelOf(folder, before) });
  if (lost) throw lost;
  const notes = await secureFolder(folder);
  notes.push(...(await finishRotation(folder, state)));
  await mustFit(folder);
  const secrets = await makeSecrets(folder, before);
  const { env, note, isNew } = await writeEnv(folder, profiles);
  const at = now().toISOString();
  const model = await modelOf(folder, env);
  const folders = await makeFolders(folder, model);
  const volume = await databaseVolume(model?.project, run);
  await writeState(folder, {
    made: { ...state.made, ...Object.fromEntries(secrets.made.map((name) => [name, at])) },
    rotating: [],
    images: settledImages({ now: model?.images ?? {}, before: state.images, volume: volume && volume.there !== undefined }),
  });
  return {
    made: [...secrets.made.map((name) => `secrets/${name}`), ...(isNew ? [".env"] : []), ...folders],
    kept: [...secrets.kept.map((name) => `secrets/${name}`), ...(isNew ? [] : [".env"])],
    notes: [...notes, ...secrets.notes, ...(note ? [note] : [])],
    ...{ fresh: secrets.fresh, env },
  };
}
