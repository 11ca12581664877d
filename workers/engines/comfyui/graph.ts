/** Fills a template with values, and puts LoRAs between its checkpoint and everything that uses it. */
import { loraPiece, type Template, templates } from "./templates.ts";
import type { Graph } from "./wire.ts";

type Values<T extends Template<Record<string, readonly [string, string]>>> = Record<keyof T["bindings"], string | number>;

function fill<T extends Template<Record<string, readonly [string, string]>>>(template: T, values: Values<T>): Graph {
  const graph = structuredClone(template.graph);
  for (const [name, [node, input]] of Object.entries(template.bindings)) {
    const target = graph[node];
    if (!target || !(input in target.inputs)) throw new Error(`the template has no input ${node}.${input} for ${name}`);
    target.inputs[input] = values[name as keyof T["bindings"]];
  }
  return graph;
}

/** Outputs 0 (model) and 1 (text encoder) of the checkpoint go through each LoRA in turn; output 2 (the VAE) stays. */
function addLoras(graph: Graph, loras: readonly { name: string; weight: number }[]): Graph {
  const users = Object.values(graph);
  let last = "checkpoint";
  for (const [index, { name, weight }] of loras.entries()) {
    const id = `lora${index + 1}`;
    const piece = structuredClone(loraPiece);
    graph[id] = {
      ...piece,
      inputs: { ...piece.inputs, model: [last, 0], clip: [last, 1], lora_name: name, strength_model: weight, strength_clip: weight },
    };
    last = id;
  }
  for (const user of users)
    for (const [input, value] of Object.entries(user.inputs))
      if (Array.isArray(value) && value[0] === "checkpoint" && value[1] !== 2) user.inputs[input] = [last, value[1]];
  return graph;
}

export type PictureValues = Values<typeof templates.txt2img>;

/** Text to picture, or picture to picture where `init` names an uploaded file. */
export function pictureGraph(
  values: PictureValues,
  loras: readonly { name: string; weight: number }[],
  init?: { image: string; strength: number },
): Graph {
  return addLoras(init ? fill(templates.img2img, { ...values, ...init }) : fill(templates.txt2img, values), loras);
}

export function upscaleGraph(values: Values<typeof templates.upscale>): Graph {
  return fill(templates.upscale, values);
}
