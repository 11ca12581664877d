/** What pydantic says of a body before `api_v2.py` sees it, in its words: by type of field. Compared with the real program. */

export interface Refusal {
  status: number;
  body: object | string;
}

type Kind = "string" | "integer" | "number";

const fields: Record<string, Kind> = {
  ...{ text: "string", text_lang: "string", ref_audio_path: "string", prompt_lang: "string", prompt_text: "string", top_k: "integer" },
  ...{ top_p: "number", temperature: "number", text_split_method: "string", batch_size: "integer", speed_factor: "number" },
  ...{ seed: "integer", media_type: "string" },
};

interface Detail {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  ctx?: object;
}

const detailOf = ({ type, msg }: Pick<Detail, "type" | "msg">, loc: Detail["loc"], input: unknown): Detail => ({ type, loc, msg, input });

/** A text that is a number is taken for it. */
function wrongNumber(kind: "integer" | "number", value: unknown): Pick<Detail, "type" | "msg"> | undefined {
  const short = kind === "integer" ? "int" : "float";
  if (typeof value === "string") {
    if (new RegExp(kind === "integer" ? /^\s*[+-]?\d+\s*$/ : /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i).test(value)) return undefined;
    const tail = kind === "integer" ? "an integer" : "a number";
    return { type: `${short}_parsing`, msg: `Input should be a valid ${kind}, unable to parse string as ${tail}` };
  }
  if (typeof value === "boolean") return undefined;
  if (typeof value !== "number") return { type: `${short}_type`, msg: `Input should be a valid ${kind}` };
  if (kind === "integer" && !Number.isInteger(value))
    return { type: "int_from_float", msg: "Input should be a valid integer, got a number with a fractional part" };
  return undefined;
}

const wrong = (kind: Kind, value: unknown): Pick<Detail, "type" | "msg"> | undefined => {
  if (kind !== "string") return wrongNumber(kind, value);
  return typeof value === "string" ? undefined : { type: "string_type", msg: "Input should be a valid string" };
};

const words = /^(0|off|f|false|n|no|1|on|t|true|y|yes)$/i;

/** A switch or a number: it complains of both. */
function wrongStreaming(value: unknown): Detail[] {
  const number = wrongNumber("integer", value);
  const isSwitch = typeof value === "boolean" || value === 0 || value === 1 || (typeof value === "string" && words.test(value));
  if (isSwitch || !number) return [];
  const parsing = typeof value === "string" || Number.isInteger(value);
  const why = parsing ? ", unable to interpret input" : "";
  const type = parsing ? "bool_parsing" : "bool_type";
  return [
    { type, loc: ["body", "streaming_mode", "bool"], msg: `Input should be a valid boolean${why}`, input: value },
    detailOf(number, ["body", "streaming_mode", "int"], value),
  ];
}

const unprocessable = (detail: Detail[]): Refusal => ({ status: 422, body: { detail } });

/** Python's words for the commonest two ways of not being JSON; where in the body it stumbles, to the character, is told for these only. */
function noJson(raw: string): Refusal {
  const opened = raw.startsWith("{");
  const error = opened ? "Expecting property name enclosed in double quotes" : "Expecting value";
  return unprocessable([{ type: "json_invalid", loc: ["body", opened ? 1 : 0], msg: "JSON decode error", input: {}, ctx: { error } }]);
}

/** The body as an object, or why it is none that can be taken. */
export function readBody(raw: string): { body: Record<string, unknown> } | { refusal: Refusal } {
  if (raw === "") return { refusal: unprocessable([{ type: "missing", loc: ["body"], msg: "Field required", input: null }]) };
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    return { refusal: noJson(raw) };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    return { refusal: unprocessable([{ type: "model_attributes_type", loc: ["body"], msg, input: body }]) };
  }
  const given = body as Record<string, unknown>;
  const details = Object.entries(fields).flatMap(([field, kind]): Detail[] => {
    const found = field in given ? wrong(kind, given[field]) : undefined;
    return found ? [detailOf(found, ["body", field], given[field])] : [];
  });
  if ("streaming_mode" in given) details.push(...wrongStreaming(given["streaming_mode"]));
  return details.length > 0 ? { refusal: unprocessable(details) } : { body: given };
}
