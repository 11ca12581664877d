/** What of this project the engine has already: containers that wait, fall over or run; a first start that ended in the middle. */
import type { StatusRow } from "../../../core/client.ts";
import { json, type Run } from "../run.ts";
import { dc } from "../secrets.ts";
import { fine, stop, warn } from "./rows.ts";

export interface Container {
  service: string;
  /** created, running, restarting, exited, paused, dead */
  state: string;
  /** Docker's own words, such as `Exited (1) 3 minutes ago` or `Up 2 hours (unhealthy)`. */
  status: string;
  ports: number[];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** One JSON object a line, as Docker prints it, or one list, as Podman does. */
export async function lookAtStack(project: string, engine: "docker" | "podman", run: Run): Promise<Container[]> {
  const said = await run(engine, [
    "ps",
    "--all",
    "--filter",
    `label=com.docker.compose.project=${project}`,
    "--format",
    engine === "docker" ? "{{json .}}" : "json",
  ]);
  const whole = json(said.stdout);
  const entries = Array.isArray(whole) ? whole : said.stdout.split("\n").map(json);
  return entries.flatMap((entry) => {
    if (!entry || typeof entry !== "object") return [];
    const { Labels: labels, State: state, Status: status, Ports: ports } = entry as Record<string, unknown>;
    const service =
      typeof labels === "string"
        ? /com\.docker\.compose\.service=([^,]*)/.exec(labels)?.[1]
        : text((labels as Record<string, unknown> | null)?.["com.docker.compose.service"]);
    const published = Array.isArray(ports)
      ? ports.map((one) => Number((one as Record<string, unknown>)["host_port"]))
      : [...text(ports).matchAll(/:(\d+)->/g)].map((found) => Number(found[1]));
    return service ? [{ service, state: text(state).toLowerCase(), status: text(status), ports: [...new Set(published)] }] : [];
  });
}

const part = "Stack";

/** @param active services that a start would start. */
export function stackRows(containers: readonly Container[], active: readonly string[]): StatusRow[] {
  if (containers.length === 0) return [fine(part, "not started yet, or taken down")];
  const bad = containers.filter(
    ({ state, status }) =>
      state === "restarting" || state === "dead" || (state === "exited" && !/\(0\)/.test(status)) || /unhealthy/.test(status),
  );
  const waiting = containers.filter(({ state }) => state === "created");
  const running = containers.filter(({ state }) => state === "running").length;
  const absent = active.filter((name) => !containers.some(({ service }) => service === name));
  const rows = bad.map(({ service, status, state }) =>
    stop(part, `${service}: ${status || state}`, `Why: ${dc} logs --tail 50 ${service}`),
  );
  if (waiting.length > 0 || (running > 0 && absent.length > 0))
    rows.push(
      warn(
        part,
        `a start is half finished: ${running} of ${active.length} services run, ${[...waiting.map(({ service }) => service), ...absent].join(", ")} not`,
        `${dc} up -d goes on with it; nothing that is there is made again`,
      ),
    );
  return rows.length > 0 ? rows : [fine(part, `${running} of ${active.length} services run`)];
}
