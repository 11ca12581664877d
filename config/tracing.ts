/** The settings of traces, by the names that OpenTelemetry gives them: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
import { z } from "zod";

export interface TracingConfig {
  /** Base address of the collector. */
  endpoint: string;
  /** Sent with every request to it. */
  headers: Record<string, string>;
  /** Share of traces, 0 to 1. */
  ratio: number;
  /** Absent: named by its roles. */
  service?: string;
}

const endpoint = z
  .string()
  .refine(
    (text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, username, password } = new URL(text);
      return ["http:", "https:"].includes(protocol) && `${username}${password}` === "" && !/[?#]/.test(text);
    },
    { error: "must be the address of a collector alone, such as http://127.0.0.1:4318; a key goes into OTEL_EXPORTER_OTLP_HEADERS" },
  )
  .refine((text) => !/\/v1\/traces\/*$/.test(text), {
    error: "must be the base address, without /v1/traces, such as http://127.0.0.1:4318; that part is added",
  });

/** What HTTP itself says: given twice, no request would arrive. */
const ofHttp = /^(host|connection|content-(length|type|encoding)|transfer-encoding|upgrade)$/i;

/** `name=value` pairs separated by commas, values percent-encoded as in W3C Baggage; undefined where one is none. */
function pairsOf(text: string): Record<string, string> | undefined {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "") continue;
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || ofHttp.test(name)) return undefined;
    try {
      pairs[name] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
    // what cannot be in a header would end each request in the dark
    if (!/^[\x20-\x7e]*$/.test(pairs[name])) return undefined;
  }
  return pairs;
}

const ratio = z
  .string()
  .refine((text) => /^(\d+\.?\d*|\.\d+)$/.test(text) && Number(text) <= 1, {
    error: "must be a share from 0 to 1, such as 0.1; without it every trace is kept",
  })
  .transform(Number);

export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .refine((text) => pairsOf(text) !== undefined, {
      error:
        "must be name=value pairs separated by commas, such as Authorization=Bearer%20abc; what is no plain text is percent-encoded, and host, connection and content headers are HTTP's own",
    })
    .optional(),
  OTEL_SERVICE_NAME: z
    .string()
    .regex(/^[\w.:/ -]{1,100}$/, "must be 1 to 100 letters, digits, spaces, dots, colons, slashes or hyphens")
    .optional(),
  OTEL_TRACES_SAMPLER_ARG: ratio.optional(),
};

type Set = z.output<z.ZodObject<typeof tracingSettings>>;

/** Nothing without the address of a collector. */
export function tracedBy(set: Set): { tracing?: TracingConfig } {
  if (set.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return {};
  return {
    tracing: {
      endpoint: set.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, ""),
      headers: pairsOf(set.OTEL_EXPORTER_OTLP_HEADERS ?? "") ?? {},
      ratio: set.OTEL_TRACES_SAMPLER_ARG ?? 1,
      ...(set.OTEL_SERVICE_NAME ? { service: set.OTEL_SERVICE_NAME } : {}),
    },
  };
}
