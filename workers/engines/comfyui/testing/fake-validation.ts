/** Checks a posted graph as ComfyUI does, with its error shapes. */
import type { Graph } from "../wire.ts";
import { comboOptions, type NodeSpec, type Spec } from "./fake-nodes.ts";
import { annotatedFile, type FakeState } from "./fake-state.ts";

interface NodeError {
  type: string;
  message: string;
  details: string;
  extra_info: Record<string, unknown>;
}

export type Verdict =
  | { ok: true; outputs: string[]; nodeErrors: Record<string, unknown> }
  | { ok: false; error: NodeError; nodeErrors: Record<string, unknown> };

const fault = (type: string, message: string, details: string, extra: Record<string, unknown> = {}): NodeError => ({
  type,
  message,
  details,
  extra_info: extra,
});

const isLink = (value: unknown): value is [string, number] => Array.isArray(value) && value.length === 2 && typeof value[0] === "string";

function checkValue(state: FakeState, node: string, name: string, spec: Spec, value: unknown): NodeError | undefined {
  const about = { input_name: name, input_config: spec, received_value: value };
  if (node === "LoadImage" && name === "image")
    return annotatedFile(state, String(value))
      ? undefined
      : fault("custom_validation_failed", "Custom validation failed for node", `image - Invalid image file: ${value}`, {
          input_name: name,
        });
  const options = comboOptions(state, spec);
  if (options) {
    if (options.includes(String(value))) return undefined;
    const long = options.length > 20;
    const list = long ? `(list of length ${options.length})` : `[${options.map((option) => `'${option}'`).join(", ")}]`;
    return fault("value_not_in_list", "Value not in list", `${name}: '${value}' not in ${list}`, {
      ...about,
      input_config: long ? null : spec,
    });
  }
  if (spec[0] !== "INT" && spec[0] !== "FLOAT") return undefined;
  const number = Number(value);
  if (!Number.isFinite(number))
    return fault("invalid_input_type", `Failed to convert an input value to a ${spec[0]} value`, `${name}, ${value}`, {
      ...about,
      exception_message: `could not convert ${value}`,
    });
  const { min, max } = (spec[1] ?? {}) as { min?: number; max?: number };
  if (min !== undefined && number < min) return fault("value_smaller_than_min", `Value ${number} smaller than min of ${min}`, name, about);
  if (max !== undefined && number > max) return fault("value_bigger_than_max", `Value ${number} bigger than max of ${max}`, name, about);
  return undefined;
}

function checkNode(state: FakeState, graph: Graph, specs: Record<string, NodeSpec>, id: string, errors: Map<string, NodeError[]>): boolean {
  const known = errors.get(id);
  if (known) return known.length === 0;
  const node = graph[id];
  const spec = node && specs[node.class_type];
  if (!node || !spec) return false;
  const own: NodeError[] = [];
  errors.set(id, own);
  let good = true;
  for (const [name, input] of Object.entries(spec.required)) {
    const value = node.inputs[name];
    if (value === undefined) {
      own.push(fault("required_input_missing", "Required input is missing", name, { input_name: name }));
    } else if (isLink(value)) {
      const source = graph[value[0]];
      if (!source) {
        own.push(
          fault("exception_during_inner_validation", "Exception when validating inner node", `'${value[0]}'`, {
            input_name: name,
            exception_type: "KeyError",
            traceback: ["File execution.py"],
            linked_node: value,
          }),
        );
        continue;
      }
      const received = specs[source.class_type]?.output[value[1]];
      if (received !== input[0])
        own.push(
          fault(
            "return_type_mismatch",
            "Return type mismatch between linked nodes",
            `${name}, received_type(${received}) mismatch input_type(${input[0]})`,
            {
              input_name: name,
              received_type: received,
              linked_node: value,
            },
          ),
        );
      else if (!checkNode(state, graph, specs, value[0], errors)) good = false;
    } else {
      const error = checkValue(state, node.class_type, name, input, value);
      if (error) own.push(error);
    }
  }
  return good && own.length === 0;
}

function unknownClass(state: FakeState, graph: Graph, specs: Record<string, NodeSpec>): NodeError | undefined {
  for (const [id, node] of Object.entries(graph)) {
    if (specs[node.class_type]) continue;
    const name = node.class_type ?? null;
    if (state.options.dialect === "old")
      return fault(
        "invalid_prompt",
        name ? `Cannot execute because node ${name} does not exist.` : "Cannot execute because a node is missing the class_type property.",
        `Node ID '#${id}'`,
      );
    return fault("missing_node_type", `Node '${name}' not found. The custom node may not be installed.`, `Node ID '#${id}'`, {
      node_id: id,
      class_type: name,
      node_title: name,
    });
  }
  return undefined;
}

export function validate(state: FakeState, graph: Graph, specs: Record<string, NodeSpec>, targets: string[] | undefined): Verdict {
  const unknown = unknownClass(state, graph, specs);
  if (unknown) return { ok: false, error: unknown, nodeErrors: {} };
  const outputs = Object.keys(graph).filter((id) => specs[graph[id]?.class_type ?? ""]?.outputNode && (!targets || targets.includes(id)));
  if (outputs.length === 0) return { ok: false, error: fault("prompt_no_outputs", "Prompt has no outputs", ""), nodeErrors: {} };
  const errors = new Map<string, NodeError[]>();
  const nodeErrors: Record<string, { errors: NodeError[]; dependent_outputs: string[]; class_type: string }> = {};
  const good: string[] = [];
  for (const output of outputs) {
    if (checkNode(state, graph, specs, output, errors)) {
      good.push(output);
      continue;
    }
    for (const [id, list] of errors) {
      if (list.length === 0) continue;
      nodeErrors[id] ??= { errors: list, dependent_outputs: [], class_type: graph[id]?.class_type ?? "" };
      nodeErrors[id].dependent_outputs.push(output);
    }
  }
  if (good.length > 0) return { ok: true, outputs: good, nodeErrors };
  return { ok: false, error: fault("prompt_outputs_failed_validation", "Prompt outputs failed validation", ""), nodeErrors };
}
