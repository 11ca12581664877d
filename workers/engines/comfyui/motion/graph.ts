/** Fills a video's template, and puts what leads its frames out behind it. */
import type { Graph } from "../wire.ts";
import { type MotionTemplate, type MotionValue, motionTemplates, outTemplates, places } from "./templates.ts";

export type MotionValues = Partial<Record<MotionValue, string | number>>;

/** Every class that a template and its way out use. */
export function classesOf(name: MotionTemplate): string[] {
  return [...new Set(Object.values(motionTemplates[name]).map((node) => node.class_type))];
}

/** Values for which the template has a place; all of them must be given. */
export function valuesOf(graph: Graph): MotionValue[] {
  return (Object.keys(places) as MotionValue[]).filter((value) =>
    places[value].some(([node, input]) => input in (graph[node]?.inputs ?? {})),
  );
}

export function motionGraph(name: MotionTemplate, out: keyof typeof outTemplates, values: MotionValues): Graph {
  const graph = structuredClone({ ...motionTemplates[name], ...outTemplates[out] });
  for (const value of valuesOf(graph)) {
    const given = values[value];
    if (given === undefined) throw new Error(`the template ${name} needs ${value}`);
    for (const [node, input] of places[value]) {
      const inputs = graph[node]?.inputs;
      if (inputs && input in inputs) inputs[input] = given;
    }
  }
  return graph;
}
