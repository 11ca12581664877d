/** What is scraped, and by which programs. */
import { spawnSync } from "node:child_process";

/** What Prometheus scrapes for one job, or probes for `blackbox`; `through` is the exporter that probes. */
export interface Target {
  address: string;
  instance: string;
  through?: string;
  /** That it asks for. */
  key?: string;
}

export const installed = (program: string) => spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
