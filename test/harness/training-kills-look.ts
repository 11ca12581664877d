/** gpu-host as anybody with its key sees it, through its outages: runs, what they saved and when, and who holds the card. */
import { setTimeout as sleep } from "node:timers/promises";
import type { GpuHostProcess } from "./gpu-host.ts";

export interface SeenRun {
  id: string;
  state: string;
  step: number;
  total: number;
  resumed_from_step: number;
  failure: { code: string; message: string } | null;
}

interface SeenEvent {
  type: string;
  at: string;
  step?: number;
  name?: string | null;
}

export interface Saved {
  step: number;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Look {
  /** Undefined for one that it does not know. */
  run(id: string): Promise<SeenRun | undefined>;
  /** Those of a job, oldest first. */
  runs(job: string): Promise<SeenRun[]>;
  /** States that can be gone on from (one at the very end cannot), and when its end was told. */
  past(run: SeenRun): Promise<{ saved: Saved[]; endedAt: number | undefined }>;
  /** The run that holds the card. */
  owner(): Promise<string | null>;
}

const over = ["succeeded", "failed", "canceled"];
export const isOver = ({ state }: SeenRun): boolean => over.includes(state);

/** A job's attempt, and the place in it. */
const placeOf = (id: string) =>
  id
    .split("-")
    .slice(1)
    .map((part) => Number.parseInt(part, 10));

export function lookAt({ url, key }: GpuHostProcess): Look {
  async function get(path: string): Promise<Response> {
    for (const end = Date.now() + 60_000; ; await sleep(50)) {
      try {
        return await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } });
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }
  return {
    async run(id) {
      const answer = await get(`/v1/runs/${id}`);
      return answer.ok ? ((await answer.json()) as SeenRun) : undefined;
    },
    async runs(job) {
      const { runs } = (await (await get("/v1/runs")).json()) as { runs: SeenRun[] };
      return runs
        .filter(({ id }) => id.startsWith(`${job}-`))
        .sort((one, other) => {
          const [a = [], b = []] = [placeOf(one.id), placeOf(other.id)];
          return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
        });
    },
    async past({ id, total }) {
      const lines = (await (await get(`/v1/runs/${id}/events?follow=false`)).text()).split("\n").filter(Boolean);
      const events = lines.map((line) => JSON.parse(line) as SeenEvent);
      const end = events.find(({ type }) => over.includes(type));
      return {
        saved: events.flatMap(({ type, name, step, at }) =>
          type === "saved" && name === null && step !== undefined && step < total ? [{ step, at: Date.parse(at) }] : [],
        ),
        endedAt: end && Date.parse(end.at),
      };
    },
    async owner() {
      return ((await (await get("/v1/gpu")).json()) as { owner: string | null }).owner;
    },
  };
}
