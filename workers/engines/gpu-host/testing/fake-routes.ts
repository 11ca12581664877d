/** The rules of gpu-host's routes, in its own words and order: what is refused, and what is accepted once. */
import { sha256 } from "./fake-files.ts";
import type { FakeState } from "./fake-gpu-host.ts";
import { FakeMedia, type MediaAsked } from "./fake-media.ts";
import { checkFiles, checkMedia, inputsOf } from "./fake-params.ts";
import { type Asked, FakeRun } from "./fake-run.ts";

/** Thrown by a route: answered as `{"error": {"code", "message"}}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Answer {
  status: number;
  body?: unknown;
  bytes?: Buffer;
  /** Lost on the way. */
  lost?: boolean;
}

const fields = new Set(
  "family base_model pictures title steps rank alpha learning_rate batch_size resolution optimizer scheduler precision seed save_every samples sample_every".split(
    " ",
  ),
);

function checkParams({ params }: Asked, { models, inputs }: FakeState): void {
  const bad = (message: string) => new Refusal(400, "invalid_request", message);
  for (const name of Object.keys(params)) if (!fields.has(name)) throw bad(`params: ${name}: Extra inputs are not permitted.`);
  for (const name of fields) if (!(name in params)) throw bad(`params: ${name}: Field required.`);
  const { steps, rank, alpha, batch_size, resolution, save_every, pictures, samples, seed } = params;
  const fits =
    steps >= 1 &&
    steps <= 20_000 &&
    rank >= 1 &&
    rank <= 128 &&
    alpha <= rank &&
    batch_size >= 1 &&
    batch_size <= 8 &&
    resolution % 64 === 0;
  if (!fits || steps / save_every > 200 || samples.length > 8 || seed > 2 ** 31 - 1) throw bad("params: out of range.");
  for (const { caption } of pictures)
    if (!/^[^\p{Cc}\u2028\u2029]{1,1000}$/u.test(caption)) throw bad("params: pictures.caption: String should match pattern.");
  const model = models.find(({ name }) => name === params.base_model);
  if (!model) throw new Refusal(400, "model_missing", `Base model '${params.base_model}' is not there.`);
  if (model.family !== params.family) throw new Refusal(400, "model_mismatch", `Base model '${model.name}' is ${model.family}.`);
  const missing = pictures.filter(({ image }) => !inputs.has(image)).map(({ image }) => image);
  if (missing.length > 0) throw new Refusal(409, "input_missing", `Not uploaded: ${missing.join(", ")}.`);
}

function start(asked: Asked, state: FakeState): Answer {
  const other = state.others.find(({ id }) => id === asked.engine);
  if (asked.engine !== "sd-scripts" && !other) throw new Refusal(404, "unknown_engine");
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(asked.id)) throw new Refusal(400, "invalid_request", "id");
  const known = state.runs.get(asked.id);
  if (known) {
    if (JSON.stringify(known.asked) !== JSON.stringify(asked)) throw new Refusal(409, "run_conflict");
    return { status: 200, body: known.view() };
  }
  const { faults } = state;
  const owner = state.owner();
  if (owner) throw new Refusal(409, "card_busy", `The card works on run ${owner}: wait for its end or cancel it.`);
  if (other) return startMedia(asked as unknown as MediaAsked, other.problems ?? [], state);
  if (state.problems.length > 0) throw new Refusal(503, "engine_not_ready", state.problems.join(" "));
  checkParams(asked, state);
  const from = asked.resume_from === undefined ? undefined : pointOf(asked, state);
  if (faults.disk === "start") throw new Refusal(507, "disk_full", "The disk is full. Delete old runs, then train again.");
  const run = new FakeRun(asked, faults, from, () => state.freed(asked.id));
  return accept(run, state);
}

function accept(run: FakeRun | FakeMedia, state: FakeState): Answer {
  state.runs.set(run.asked.id, run);
  // a program of another engine that stayed loaded is ended first
  state.warm.begin(run.asked.engine);
  const lost = state.faults.loseAnswers > 0;
  if (lost) state.faults.loseAnswers--;
  return { status: 201, body: run.view(), lost };
}

function startMedia(asked: MediaAsked, problems: readonly string[], state: FakeState): Answer {
  if (problems.length > 0) throw new Refusal(503, "engine_not_ready", problems.join(" "));
  const wrong = checkMedia(asked);
  if (wrong) throw new Refusal(400, "invalid_request", `params: ${wrong}`);
  const missing = inputsOf(asked.params).filter((sha) => !state.inputs.has(sha));
  if (missing.length > 0) throw new Refusal(409, "input_missing", `Not uploaded: ${missing.join(", ")}.`);
  const bad = checkFiles(asked, state.inputs);
  if (bad) throw new Refusal(400, bad.code, bad.message);
  return accept(new FakeMedia(asked, state.faults, state.inputs, () => state.freed(asked.id)), state);
}

function pointOf(asked: Asked, state: FakeState) {
  const earlier = find(asked.resume_from ?? "", state);
  if (!(earlier instanceof FakeRun)) throw new Refusal(409, "resume_mismatch");
  if (!earlier.over) throw new Refusal(409, "run_active");
  if (JSON.stringify(earlier.asked.params) !== JSON.stringify(asked.params)) throw new Refusal(409, "resume_mismatch");
  const point = earlier.newest();
  if (!point || !earlier.resume) throw new Refusal(409, "nothing_to_resume");
  return point;
}

function find(id: string, state: FakeState): FakeRun | FakeMedia {
  const run = state.runs.get(id);
  if (!run) throw new Refusal(404, "unknown_run", `There is no run ${id}.`);
  return run;
}

/** Every route but events, which are a stream. */
export function route(method: string, path: string, body: Buffer, state: FakeState): Answer {
  const json = () => JSON.parse(body.toString("utf8")) as Record<string, unknown>;
  const [, top, id = "", part = "", name = ""] = /^\/v1\/(\w+)(?:\/([\w-]+))?(?:\/([\w-]+))?(?:\/([\w.-]+))?$/.exec(path) ?? [];
  const what = `${method} ${top ?? path}${id ? "/ID" : ""}${part ? `/${part}` : ""}`;
  switch (what) {
    case "GET /healthz":
      return { status: 200, body: { ok: true, version: "0.1.0" } };
    case "GET /metrics":
      return {
        status: 200,
        bytes: Buffer.from(
          `# HELP gpu_host_disk_free_bytes Free.\n# TYPE gpu_host_disk_free_bytes gauge\ngpu_host_disk_free_bytes ${state.freeBytes}\n`,
        ),
      };
    case "GET engines":
      return { status: 200, body: { engines: state.engines() } };
    case "GET gpu":
      return { status: 200, body: { owner: state.owner() ?? null, cards: state.warm.on(state.cards) } };
    case "POST unload":
      if (state.owner()) throw new Refusal(409, "card_busy", `The card works on run ${state.owner()}: wait for its end or cancel it.`);
      return { status: 200, body: { unloaded: state.warm.unload() } };
    case "PUT inputs/ID": {
      if (sha256(body) !== id) throw new Refusal(400, "hash_mismatch");
      const known = state.inputs.has(id);
      state.inputs.set(id, body);
      return { status: known ? 200 : 201, body: { sha256: id } };
    }
    case "POST runs":
      return start(json() as unknown as Asked, state);
    case "GET runs":
      return { status: 200, body: { runs: [...state.runs.values()].map((run) => run.view()) } };
    case "GET runs/ID":
      return { status: 200, body: find(id, state).view() };
    case "POST runs/ID/cancel":
      find(id, state).cancel(json()["keep"] === true);
      return { status: 200, body: find(id, state).view() };
    case "POST runs/ID/sample-now":
    case "POST runs/ID/save-now":
      find(id, state);
      if (!state.faults.takesOrders) throw new Refusal(409, "not_supported", "sd-scripts takes no orders while it works.");
      return { status: 200, body: {} };
    case "GET runs/ID/files": {
      const bytes = find(id, state).files.get(name);
      if (!bytes) throw new Refusal(404, "unknown_file", "The run has no such file.");
      return { status: 200, bytes: spoiled(bytes, state) };
    }
    case "DELETE runs/ID":
      if (!find(id, state).over) throw new Refusal(409, "run_active");
      state.runs.delete(id);
      return { status: 204 };
    default:
      throw new Refusal(404, "unknown_route");
  }
}

function spoiled(bytes: Buffer, { faults }: FakeState): Buffer {
  if (faults.spoilFiles <= 0) return bytes;
  faults.spoilFiles--;
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
