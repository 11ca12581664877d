/** Our own side, as Open WebUI meets it: is the studio there, is the host name allowed, is the key right and may it do what the pipe does, and are both of one age. */
import type { StatusRow } from "../../core/client.ts";
import { explain, silence } from "./explain.ts";
import { type Answer, type Asked, errorOf, field, isSilence, look, type Silence } from "./look.ts";
import { peopleOf, signed } from "./people.ts";
import { myspinbot } from "./program.ts";
import { down, newKeyCommand, type PipeScope, pipeScopes } from "./scopes.ts";

export interface ServerAsked {
  address: string;
  /** Where the address was written, such as `--url`. */
  setting: string;
  key?: string;
  /** What Open WebUI signs its people with. */
  userSecret?: string;
  /** Our own version, to compare. */
  version: string;
  container: boolean;
  /** Connects to this machine in place of the one that the address names. */
  via?: string;
}

/** −1, 0 or 1. */
function compared(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number)) as [number[], number[]];
  for (const at of [0, 1, 2]) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference) return Math.sign(difference);
  }
  return 0;
}

/** Undefined where a studio answers under this name. */
async function absent({ address, setting, container }: ServerAsked, to: Pick<Asked, "via">): Promise<StatusRow | undefined> {
  const program = myspinbot(setting);
  const health = await look(address, program.path, to);
  if (!isSilence(health)) {
    const { code, message } = errorOf(health);
    const { host, hostname } = new URL(address);
    if (health.status === 403 && code === "not_allowed" && message.includes("MYSPINBOT_ALLOWED_HOSTS"))
      return down(
        "Host name",
        `a studio is there, and is not served under the name ${host}`,
        `Where the studio runs: MYSPINBOT_ALLOWED_HOSTS=${hostname} (added to what stands there), or myspinbot start --lan; then start it again`,
      );
  }
  const finding = await explain(program, address, { container, ...to });
  return finding && down("Studio", finding.what, finding.fix);
}

function keyRow(answer: Answer, key: string | undefined, setting: string): StatusRow | undefined {
  if (answer.status === 401 && key)
    return down("Key", "the studio does not know this key, or it was revoked", `A new one, where the studio runs: ${newKeyCommand}`);
  const { code, message } = errorOf(answer);
  if (answer.status === 401 || (answer.status === 403 && code === "not_allowed" && /Without an access key/.test(message)))
    return down(
      "Key",
      "the studio wants a key, and none was given",
      `Give it by ${setting}; a new one, where the studio runs: ${newKeyCommand}`,
    );
  return undefined;
}

interface Rights {
  missing: PipeScope[];
  /** What the studio lets nobody see from here. */
  unseen: PipeScope[];
  /** What is to be said of Open WebUI's people. */
  people: StatusRow;
}

async function rightsOf(
  ask: (path: string, asked?: Asked) => Promise<Answer | Silence>,
  reading: Answer,
  userSecret?: string,
): Promise<Rights | Silence> {
  const token = userSecret ? signed(userSecret, Date.now()) : "none";
  const [writing, acting] = await Promise.all([
    // refused as incomplete by whoever may write: nothing is claimed
    ask("/v1/deliveries/claim", { method: "POST", body: "{}" }),
    ask("/v1/jobs?limit=1", { headers: { "x-openwebui-user-jwt": token } }),
  ]);
  if (isSilence(writing)) return writing;
  if (isSilence(acting)) return acting;
  const { row, actAs } = peopleOf(acting, userSecret !== undefined);
  const old = writing.status === 404;
  return {
    missing: [
      ...(actAs === false ? (["act-as"] as const) : []),
      ...(reading.status === 403 ? (["jobs:read"] as const) : []),
      ...(writing.status === 403 ? (["jobs:write"] as const) : []),
    ],
    unseen: actAs === undefined ? ["act-as"] : [],
    people: old ? down("Version", "the studio is older than the pipe: it knows no deliveries", "Update the studio") : row,
  };
}

function scopeWords({ unseen }: Rights): string {
  const there = pipeScopes.filter((scope) => !unseen.includes(scope)).join(", ");
  return unseen.length > 0
    ? `${there} (${unseen.join(", ")} counts only where the studio has OPENWEBUI_USER_SECRET, and is not seen before)`
    : there;
}

/** How far the other clock is, from the answer's own date; seconds. */
const skewOf = ({ headers }: Answer): number => (headers.date ? Math.abs(Date.parse(headers.date) - Date.now()) / 1000 : 0);

/** One row a finding, none is left out: all are well where none is `down`. Asks only what changes nothing. */
export async function checkServer(asked: ServerAsked): Promise<StatusRow[]> {
  const { address, key, userSecret, version, setting, container } = asked;
  const to = asked.via === undefined ? {} : { via: asked.via };
  const missed = await absent(asked, to);
  if (missed) return [missed];
  const authorization: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};
  const ask = (path: string, more: Asked = {}) => look(address, path, { ...to, ...more, headers: { ...authorization, ...more.headers } });
  const lost = (silent: Silence) => {
    const { what, fix } = silence(myspinbot(setting), address, silent, container);
    return down("Studio", what, fix);
  };

  const reading = await ask("/v1/jobs?limit=1");
  if (isSilence(reading)) return [lost(reading)];
  const rows: StatusRow[] = [{ part: "Studio", state: "ok", what: "there, under this name" }];
  if (reading.status >= 500)
    return [...rows, down("Ready", errorOf(reading).message || `it answers ${reading.status}`, "Where the studio runs: myspinbot doctor")];
  const refused = keyRow(reading, key, "--key");
  if (refused) return [...rows, refused];

  const [rights, described] = await Promise.all([rightsOf(ask, reading, userSecret), ask("/openapi.json")]);
  if ("code" in rights) return [...rows, lost(rights)];
  const keyless = !key;
  rows.push({ part: "Key", state: "ok", what: keyless ? "none is needed from here" : "right" });
  if (!keyless)
    rows.push(
      rights.missing.length > 0
        ? down("Scopes", `the key lacks ${rights.missing.join(", ")}`, `A new one, where the studio runs: ${newKeyCommand}`)
        : { part: "Scopes", state: "ok", what: scopeWords(rights) },
    );
  rows.push(rights.people);
  const theirs = isSilence(described) ? undefined : field(field(described.body, "info"), "version");
  if (typeof theirs === "string" && compared(theirs, version) !== 0) {
    const older = compared(theirs, version) < 0;
    rows.push({
      ...{ part: "Version", state: "info", what: `the studio is ${theirs}, ${older ? "older" : "newer"} than ${version} here` },
      fix: older ? "Update the studio" : "Update this copy, then npm run openwebui:install again",
    });
  }
  const skew = skewOf(reading);
  if (skew > 30)
    rows.push({
      ...{
        part: "Clock",
        state: userSecret ? "down" : "info",
        what: `the clocks differ by ${Math.round(skew)} s, and tokens may differ by 30 s`,
      },
      fix: "Set the time of both machines by NTP",
    });
  return rows;
}
