/** One prompt from post to end: posted once, followed by its state, posted anew only when it is known to be gone. */
import { Failure } from "../../../core/failure.ts";
import type { Run } from "../../../core/ports/engine.ts";
import type { Api } from "./api.ts";
import { cancelPrompt } from "./cancel.ts";
import type { Connection, Listening } from "./connection.ts";
import { executionFailure, nodeFailure, rejectedFailure } from "./failures.ts";
import { Unreachable } from "./http.ts";
import { clientIdOf, type PromptIds } from "./ids.ts";
import type { Tracker } from "./tracker.ts";
import { lookUp, type PromptState } from "./truth.ts";
import type { ComfyuiPatience, createPause } from "./wait.ts";
import { type Graph, type Outputs, posted } from "./wire.ts";

export interface PromptParts {
  api: Api;
  run: Run;
  ids: PromptIds;
  picture: number;
  connection: Pick<Connection, "open">;
  listening: Listening;
  tracker: Tracker;
  patience: ComfyuiPatience;
  pause: ReturnType<typeof createPause>;
  /** Called before each post: files in ComfyUI may be gone since the last. */
  graph(promptId: string): Promise<Graph>;
}

export interface Finished {
  id: string;
  outputs: Outputs;
}

/** A post that broke off may still arrive for this long, in milliseconds. */
const late = 1_500;

type Post = "accepted" | "unclear";

export interface PromptRunner {
  /** Follows a prompt of an earlier attempt, then posts anew if that is lost. */
  run(adopt?: { id: string; graph: Graph }): Promise<Finished>;
  /** Stops whatever of this picture may still be alive in ComfyUI. */
  cancel(): Promise<void>;
}

export function createPromptRunner(parts: PromptParts): PromptRunner {
  const { api, run, tracker, patience, pause } = parts;
  // posted and not known to be over; true where ComfyUI has it for sure
  const alive = new Map<string, boolean>();
  // when the prompt that is followed was posted or adopted
  let since = 0;

  const look = (id: string): Promise<PromptState> => patience.insist(() => lookUp(api, id, run.signal));

  const post = async (id: string, graph: Graph): Promise<Post> => {
    alive.set(id, false);
    const body = { prompt: graph, client_id: clientIdOf(id), prompt_id: id, extra_data: { preview_method: "latent2rgb" } };
    try {
      const answer = await api.post("/prompt", body, { timeout: api.timings.post, signal: run.signal });
      if (answer.status !== 200) {
        alive.delete(id);
        throw rejectedFailure(answer, run.log);
      }
      alive.set(id, true);
      const accepted = posted.safeParse(answer.body).data;
      // half accepted: the good branch already runs
      if (accepted && Object.keys(accepted.node_errors).length > 0) throw nodeFailure(accepted.node_errors, run.log);
      return "accepted";
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      run.log.warn({ err: error, prompt: id }, "it is unclear whether ComfyUI took a prompt; asking before posting again");
      return "unclear";
    }
  };

  /** A post may still be on its way when we ask: only asked several times is "unknown" an answer. */
  const wasTaken = async (id: string): Promise<boolean> => {
    for (let tries = 0; tries < 3; tries++) {
      if ((await look(id)).state !== "unknown") {
        alive.set(id, true);
        return true;
      }
      await pause.sleep(Math.min(300, api.timings.poll));
    }
    return false;
  };

  const othersAhead = async (id: string): Promise<string | undefined> => {
    const { queue_running, queue_pending } = await api.queue(run.signal);
    const ours = queue_pending.find((item) => item[1] === id);
    const ahead = queue_running.length + queue_pending.filter((item) => ours && item[0] < ours[0]).length;
    return ahead === 0
      ? undefined
      : `ComfyUI is busy with ${ahead === 1 ? "another prompt" : `${ahead} other prompts`}; ours runs after ${ahead === 1 ? "it" : "them"}`;
  };

  const note = async (id: string, state: "pending" | "running") => {
    if (state === "running") {
      tracker.running();
      const socket = parts.listening.of(id);
      const nothing = socket.silence() > Date.now() - since;
      if (!socket.open) tracker.repeat();
      else if (socket.silence() > api.timings.silence / (nothing ? 10 : 1)) socket.renew();
      return;
    }
    try {
      const ahead = await othersAhead(id);
      if (ahead) tracker.waiting(ahead);
    } catch (error) {
      // the next look says so
      if (!(error instanceof Unreachable)) throw error;
    }
  };

  /** Until it is over; undefined when it is lost. */
  const follow = async (id: string, adopted: boolean): Promise<Outputs | undefined> => {
    const { poll, quiet } = api.timings;
    const socket = parts.listening.of(id);
    const soon = Math.min(100, poll);
    const wait = async (ms: number) => {
      const before = tracker.ended;
      await pause.sleep(before ? soon : ms);
      // the null that follows says that the end is written down; not for long, for it may get lost
      if (!before && tracker.ended === "announced") await pause.sleep(soon);
    };
    // how a prompt stands that was just posted is known; its events say the rest, and only where there are none it is looked for soon
    if (!adopted && socket.open) {
      await wait(Math.min(quiet, poll));
      if (tracker.heard && !tracker.ended && socket.open) await wait(poll);
    }
    for (;;) {
      const found = await look(id);
      if (found.state !== "pending" && found.state !== "running") alive.delete(id);
      switch (found.state) {
        case "done":
          return found.outputs;
        case "failed":
          throw executionFailure(found.error, run.log);
        case "interrupted":
          // a worker that lost its fence stops what it had posted, which we may have adopted meanwhile
          if (adopted) return undefined;
          throw new Failure("engine_failed", "The work was interrupted inside ComfyUI itself. Retry the job to draw it again.");
        case "unknown":
          run.log.warn({ prompt: id }, "ComfyUI no longer knows our prompt: it is lost");
          return undefined;
        default:
          await note(id, found.state);
      }
      await wait(poll);
    }
  };

  const postAndFollow = async (): Promise<Finished | undefined> => {
    // an open socket is an answer
    if (!parts.connection.open) await patience.ready();
    const id = parts.ids.next(parts.picture);
    if (!id)
      throw new Failure("engine_lost", "ComfyUI lost the job again and again. Look at its log: it may be crashing. Then retry the job.", {
        retryable: true,
      });
    const graph = await patience.insist(() => parts.graph(id));
    await run.setEngineRef(id);
    // events can come before the answer is read
    tracker.follow(id, graph);
    since = Date.now();
    if ((await post(id, graph)) === "unclear" && !(await wasTaken(id))) return undefined;
    const outputs = await follow(id, false);
    return outputs && { id, outputs };
  };

  const cancel = async () => {
    await Promise.all([...alive].map(([id, taken]) => cancelPrompt(api, id, run.log, taken ? 0 : late)));
    alive.clear();
  };

  return {
    cancel,
    async run(adopt) {
      if (adopt) {
        alive.set(adopt.id, true);
        tracker.follow(adopt.id, adopt.graph);
        since = Date.now();
        const outputs = await follow(adopt.id, true);
        if (outputs) return { id: adopt.id, outputs };
      }
      for (;;) {
        const finished = await postAndFollow();
        if (!finished) continue;
        // a post that seemed lost may have arrived late
        if (alive.size > 0) await cancel();
        return finished;
      }
    },
  };
}
