/** Jobs and artifacts to test with: complete, and different each time. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { ArtifactDraft } from "../../../core/artifact.ts";
import { Failure } from "../../../core/failure.ts";
import { newId } from "../../../core/ids.ts";
import { digest } from "../../../core/json.ts";
import type { JobStore, NewJob } from "../../../core/ports/job-store.ts";

export const unique = (name: string) => `${name}-${randomBytes(6).toString("hex")}`;

export function newJob(principal: string, more: Partial<NewJob> = {}): NewJob {
  const input = more.input ?? { prompt: "a red fox", seed: 42 };
  return {
    id: newId("job"),
    principal,
    tool: "render_image",
    input,
    title: "render_image: a red fox",
    family: "comfy-sdxl",
    engine: "comfyui",
    class: "interactive",
    vramGb: 8.5,
    requestDigest: digest(input),
    ...more,
  };
}

export function draft(ordinal: number, more: Partial<ArtifactDraft> = {}): ArtifactDraft {
  const id = newId("art");
  return {
    id,
    ordinal,
    name: `a-red-fox-${ordinal}.png`,
    mediaType: "image/png",
    bytes: 5_000_000_000,
    sha256: "0".repeat(64),
    storageKey: `jobs/${id}.png`,
    width: 1344,
    height: 768,
    recipe: {
      tool: "render_image",
      input: { prompt: "a red fox", seed: 9_007_199_254_740_991 },
      engine: { id: "comfyui", version: "0.33" },
      preview: false,
      generated: true,
    },
    ...more,
  };
}

export async function accepted(jobs: JobStore, principal: string, more: Partial<NewJob> = {}): Promise<string> {
  return (await jobs.accept(newJob(principal, more))).job.id;
}

/** Accepted and taken by a worker: attempt 1. */
export async function running(jobs: JobStore, principal: string, more: Partial<NewJob> = {}): Promise<string> {
  const id = await accepted(jobs, principal, more);
  expect((await jobs.claim(id, "worker-1"))?.job.attempt).toBe(1);
  return id;
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** `state` of each state event, `artifact` for the others; their numbers are checked to run from 1 without gaps. */
export async function story(jobs: JobStore, id: string): Promise<string[]> {
  const events = await jobs.events(id, 0);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  return events.map((event) => (event.type === "state" ? event.state : "artifact"));
}
