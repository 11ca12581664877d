/** `npm run dashboards`: writes `dashboards/*.json` from `source/`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { boards } from "./source/boards.ts";
import { dashboardJson } from "./source/dashboard.ts";

for (const board of boards) {
  const file = join(import.meta.dirname, "dashboards", `${board.uid}.json`);
  await writeFile(file, `${JSON.stringify(dashboardJson(board), undefined, 2)}\n`);
}
