/** Every dashboard there is. */
import { job } from "./job.ts";
import type { Board } from "./panel.ts";
import { plumbing } from "./plumbing.ts";
import { studio } from "./studio.ts";

export const boards: readonly Board[] = [studio, job, plumbing];
