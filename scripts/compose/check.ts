/** Everything that is wrong before `docker compose up`: facts are gathered once, each is judged by a function of its own, and all rows are told. */
import { isAbsolute, join } from "node:path";
import type { StatusRow } from "../../core/client.ts";
import { toFailure } from "../../core/failure.ts";
import { cardRows, lookAtCard } from "./check/card.ts";
import { clockRows, lookAtClock } from "./check/clock.ts";
import { diskRows, lookAtDisk } from "./check/disk.ts";
import { engineRows, lookAtEngine } from "./check/engine.ts";
import { envRows } from "./check/env.ts";
import { lookAtMount, mountRows } from "./check/mounts.ts";
import { lookAtPort, portRows } from "./check/ports.ts";
import { stop } from "./check/rows.ts";
import { lookAtSecrets, secretRows } from "./check/secrets.ts";
import { lookAtStack, stackRows } from "./check/stack.ts";
import { parseEnv } from "./env-file.ts";
import { databaseVolume } from "./lost.ts";
import { type Model, readModel } from "./model.ts";
import type { Run } from "./run.ts";
import { secretNames } from "./secrets.ts";
import { readState } from "./state.ts";
import { upgradeRows } from "./upgrade.ts";
import { textOf } from "./write.ts";

export interface CheckOptions {
  /** Absolute path of the folder with compose.yaml. */
  folder: string;
  /** In their order, relative to the folder; without them COMPOSE_FILE of `.env`, else compose.yaml. */
  files?: readonly string[];
  /** Only this one is looked for. */
  engine?: "docker" | "podman";
  /** Asks no server in the net for the time. */
  offline?: boolean;
  run: Run;
  /** Only a test gives another. */
  dateOf?: (url: string) => Promise<number | undefined>;
}

/** Registries that the images come from, which tell the time by the way. */
function registries({ images }: Model): string[] {
  const hosts = Object.values(images).map((image) => image.split("/")[0] ?? "");
  return [...new Set(hosts.filter((host) => host.includes(".")))].map((host) => (host === "docker.io" ? "registry-1.docker.io" : host));
}

async function read({ folder, files }: CheckOptions, env: Record<string, string>): Promise<Model | StatusRow> {
  const names = files ?? (env["COMPOSE_FILE"] ? env["COMPOSE_FILE"].split(":") : ["compose.yaml"]);
  const texts: string[] = [];
  for (const name of names) {
    const text = await textOf(isAbsolute(name) ? name : join(folder, name)).catch(() => undefined);
    if (text === undefined) return stop("Compose files", `${name} is not there`, "Give each by --file, relative to the folder compose");
    texts.push(text);
  }
  try {
    return readModel(
      texts,
      env,
      (env["COMPOSE_PROFILES"] ?? "").split(",").map((one) => one.trim()),
    );
  } catch (error) {
    return stop("Compose files", `cannot be read: ${toFailure(error).message}`, "docker compose config says where");
  }
}

export async function check(options: CheckOptions): Promise<StatusRow[]> {
  const { folder, run, offline = false, dateOf } = options;
  const envText = await textOf(join(folder, ".env")).catch(() => undefined);
  const env = envText === undefined ? undefined : parseEnv(envText);
  const [engine, state, model] = await Promise.all([lookAtEngine(run, options.engine), readState(folder), read(options, env ?? {})]);
  // a machine of workers alone has only some of them
  const named = "project" in model ? secretNames.filter((name) => name in model.secretFiles) : secretNames;
  const secrets = named.length === 0 ? [] : secretRows(await lookAtSecrets(folder, named, run), state);
  if (!("project" in model)) return [...engineRows(engine), ...secrets, model];

  const usable = engine !== undefined && engine.refused === undefined;
  const containers = usable ? await lookAtStack(model.project, engine.name, run) : [];
  const [ports, card, clock, volume, mounts, ...disks] = await Promise.all([
    Promise.all(model.ports.map(lookAtPort)),
    model.onCard.length > 0 ? lookAtCard(run) : { cards: [], cdi: false },
    lookAtClock(run, offline ? [] : registries(model), dateOf),
    usable ? databaseVolume(model.project, run) : undefined,
    Promise.all(model.binds.map((bind) => lookAtMount(bind, folder))),
    lookAtDisk("images and volumes", engine?.root ?? folder, run),
    // the engine of a desktop lies in a machine of its own
    lookAtDisk("this folder", folder, run),
  ]);
  const vramGb = Number(env?.["MYSPINBOT_VRAM_GB"] || Number.NaN);
  const [first, own] = disks;
  return [
    ...engineRows(engine),
    ...secrets,
    ...envRows(env, model),
    ...portRows(
      ports,
      containers.flatMap(({ ports: held }) => held),
    ),
    ...diskRows([first, own].filter((one, at) => one !== undefined && !(at === 1 && one.free === first?.free)).flatMap((one) => one ?? [])),
    ...cardRows(card, { onCard: model.onCard, engine: usable ? engine : undefined, ...(Number.isNaN(vramGb) ? {} : { vramGb }) }),
    ...mountRows(mounts),
    ...clockRows(clock),
    ...upgradeRows({ now: model.images, before: state.images, volume: volume && volume.there !== undefined }),
    ...(usable ? stackRows(containers, model.active) : []),
  ];
}
