/** The sampler of a preset as this version names it: since 1.9 sampler and schedule are two names, before that one. */
import { Failure } from "../../../core/failure.ts";
import type { Api } from "./api.ts";
import type { Preset } from "./families.ts";
import * as wire from "./wire.ts";

export interface Sampling {
  sampler_name: string;
  scheduler?: string;
}

/** Failure `engine_outdated` where it knows none of them. */
export async function samplingFor(api: Api, preset: Preset): Promise<Sampling> {
  const [samplers, schedulers] = await Promise.all([
    api.list(wire.samplers, "/sdapi/v1/samplers", []),
    api.list(wire.schedulers, "/sdapi/v1/schedulers", []),
  ]);
  const schedule = schedulers.find(({ name }) => name === preset.scheduler);
  const has = (name: string) => samplers.some((sampler) => sampler.name === name);
  if (has(preset.sampler) && schedule) return { sampler_name: preset.sampler, scheduler: schedule.label || schedule.name };
  const joined = `${preset.sampler} ${preset.scheduler[0]?.toUpperCase()}${preset.scheduler.slice(1)}`;
  for (const name of [joined, preset.sampler, "Euler"]) if (has(name)) return { sampler_name: name };
  throw new Failure(
    "engine_outdated",
    `This A1111/Forge knows neither the sampler ${preset.sampler} nor Euler. Update it (git pull), restart it, then retry the job.`,
  );
}
