/** The dashboards as Grafana reads them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Target {
  refId: string;
  expr: string;
  instant: boolean;
  legendFormat: string;
  datasource: { type: string; uid: string };
}

export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  fieldConfig?: {
    defaults: { unit: string; min?: number; max?: number; thresholds: { steps: { color: string; value: number | null }[] } };
  };
  interval?: string;
}

export interface BoardJson {
  uid: string;
  title: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; definition: string; datasource: { uid: string } }[] };
  panels: PanelJson[];
}

export const grafana = join(import.meta.dirname, "..");

export function readBoards(): BoardJson[] {
  const folder = join(grafana, "dashboards");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as BoardJson);
}

/** Without rows, which only name what follows: as `Board: Row: Title`. */
export function panelsOf(board: BoardJson): (PanelJson & { name: string; targets: Target[] })[] {
  let row = "";
  return board.panels.flatMap((panel) => {
    if (panel.type === "row") row = panel.title;
    return panel.targets ? [{ ...panel, name: `${board.title}: ${row}: ${panel.title}`, targets: panel.targets }] : [];
  });
}
