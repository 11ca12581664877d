/** Whether there is something to run the stack with: Docker with Compose 2, or Podman. */
import type { StatusRow } from "../../../core/client.ts";
import { firstLine, json, type Run } from "../run.ts";
import { fine, stop, warn } from "./rows.ts";

export interface Engine {
  name: "docker" | "podman";
  version: string;
  /** What it said in place of an answer. */
  refused?: string;
  /** Compose's version; undefined where it is not there. */
  compose?: string;
  /** Where images and volumes lie. */
  root?: string;
  /** Names of the container runtimes it knows. */
  runtimes: string[];
}

const part = "Container engine";
/** `depends_on` with `required`, and COMPOSE_PROFILES with `!reset` in overrides. */
const leastCompose = [2, 24, 4];
const leastDocker = [24, 0, 0];
const leastPodman = [4, 3, 0];

const numbers = (version: string): number[] => (/\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
function atLeast(version: string, least: readonly number[]): boolean {
  const got = numbers(version);
  for (const [at, want] of least.entries()) if ((got[at] ?? 0) !== want) return (got[at] ?? 0) > want;
  return true;
}

const field = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], value);

async function docker(run: Run): Promise<Engine | undefined> {
  const asked = await run("docker", ["version", "--format", "{{json .}}"]);
  const client = field(json(asked.stdout), "Client", "Version");
  // `podman-docker` answers to this name too
  if (typeof client !== "string" || /podman/i.test(asked.stdout)) return undefined;
  const server = field(json(asked.stdout), "Server", "Version");
  const compose = await run("docker", ["compose", "version", "--short"]);
  const info = json((await run("docker", ["info", "--format", "{{json .}}"])).stdout);
  const root = field(info, "DockerRootDir");
  return {
    name: "docker",
    version: String(server ?? client),
    runtimes: Object.keys((field(info, "Runtimes") as object | undefined) ?? {}),
    ...(typeof server === "string" ? {} : { refused: firstLine(asked.stderr) || "no answer" }),
    ...(compose.code === 0 ? { compose: firstLine(compose.stdout) } : {}),
    ...(typeof root === "string" && root ? { root } : {}),
  };
}

async function podman(run: Run): Promise<Engine | undefined> {
  const asked = await run("podman", ["version", "--format", "{{.Client.Version}}"]);
  if (asked.code !== 0) return undefined;
  const compose = await run("podman-compose", ["version"]);
  const root = firstLine((await run("podman", ["info", "--format", "{{.Store.GraphRoot}}"])).stdout);
  return {
    ...{ name: "podman", version: firstLine(asked.stdout), runtimes: [] },
    ...(compose.code === 0 ? { compose: /compose\w* version:?\s+v?([\d.]+)/.exec(compose.stdout)?.[1] ?? "unknown" } : {}),
    ...(root ? { root } : {}),
  };
}

/** Undefined where none is installed. @param wanted only this one; without it Docker, else Podman. */
export async function lookAtEngine(run: Run, wanted?: Engine["name"]): Promise<Engine | undefined> {
  const found = wanted === "podman" ? undefined : await docker(run);
  return found ?? (wanted === "docker" ? undefined : podman(run));
}

function refusal(said: string): StatusRow {
  if (/permission denied/i.test(said))
    return stop(
      part,
      "Docker is there, and this user may not use it",
      "sudo usermod -aG docker $USER, then sign in again; or rootless Docker",
    );
  return stop(
    part,
    `Docker is there, and its daemon does not answer (${said.slice(0, 200)})`,
    "Start it: sudo systemctl start docker, or Docker Desktop. For Podman in its place: npm run compose:check -- --engine podman",
  );
}

export function engineRows(engine: Engine | undefined): StatusRow[] {
  if (!engine)
    return [
      stop(
        part,
        "neither Docker nor Podman is installed",
        "Install Docker Engine with its compose plugin: https://docs.docker.com/engine/install",
      ),
    ];
  if (engine.name === "podman")
    return [
      atLeast(engine.version, leastPodman)
        ? warn(
            part,
            `Podman ${engine.version}: runs the stack, and is less tested than Docker`,
            "Without systemd, health checks must be driven by hand; see docs/full-mode.md",
          )
        : stop(part, `Podman ${engine.version} is too old: ${leastPodman.join(".")} is the least`, "Install a newer one, or Docker Engine"),
      ...(engine.compose
        ? []
        : [stop("Compose", "podman-compose is not installed", "Install it: apt install podman-compose, or pip install podman-compose")]),
    ];
  if (engine.refused) return [refusal(engine.refused)];
  const old = !atLeast(engine.version, leastDocker);
  return [
    old
      ? warn(
          part,
          `Docker ${engine.version} is older than ${leastDocker[0]}, with which this was written`,
          "Update it: https://docs.docker.com/engine/install",
        )
      : fine(part, `Docker ${engine.version}`),
    composeRow(engine.compose),
  ];
}

function composeRow(version: string | undefined): StatusRow {
  const fix = "Install the plugin: apt install docker-compose-plugin, or https://docs.docker.com/compose/install/linux";
  if (version === undefined) return stop("Compose", "`docker compose` is not there (docker-compose 1 does not read these files)", fix);
  return atLeast(version, leastCompose)
    ? fine("Compose", version)
    : stop("Compose", `${version} is too old: ${leastCompose.join(".")} is the least`, fix);
}
