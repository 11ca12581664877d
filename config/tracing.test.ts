/** The settings of traces: off without an address, and what is wrong with them told with all else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "../config.ts";

const home = { HOME: "/home/june" };
const at = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://tempo:4318" };
const tracingOf = (env: NodeJS.ProcessEnv) => readConfig({ ...home, ...env }, 1000).tracing;

it("nothing is traced without the address of a collector, or with an empty one", () => {
  expect(tracingOf({})).toBeUndefined();
  expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "  ", OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER_ARG: "0.5" })).toBeUndefined();
});

it("without one of ours, what other programs of this machine mean by these names stops nothing", () => {
  const theirs = { OTEL_TRACES_SAMPLER_ARG: "endpoint=http://x:14250,pollingIntervalMs=5000", OTEL_SERVICE_NAME: "team@box" };
  expect(tracingOf({ ...theirs, OTEL_EXPORTER_OTLP_HEADERS: "Bearer x" })).toBeUndefined();
});

it("an address alone keeps every trace; a share, a name and headers may be given", () => {
  expect(tracingOf(at)).toEqual({ endpoint: "http://tempo:4318", headers: {}, ratio: 1 });
  expect(
    tracingOf({
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: "https://otlp.example.org/otlp/", OTEL_SERVICE_NAME: "studio of june" },
      ...{ OTEL_TRACES_SAMPLER_ARG: ".25", OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20a=b, x-tenant=home," },
    }),
  ).toEqual({
    ...{ endpoint: "https://otlp.example.org/otlp", service: "studio of june", ratio: 0.25 },
    headers: { Authorization: "Bearer a=b", "x-tenant": "home" },
  });
});

it("the headers may lie in a file, as other secrets do", () => {
  const folder = mkdtempSync(join(tmpdir(), "spin-tracing-"));
  try {
    const path = join(folder, "headers");
    writeFileSync(path, "api-key=abc\n");
    expect(tracingOf({ ...at, OTEL_EXPORTER_OTLP_HEADERS_FILE: path })?.headers).toEqual({ "api-key": "abc" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "tempo:4318", "must be the address of a collector alone, such as http://127.0.0.1:4318"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "grpc://tempo:4317", "must be the address of a collector alone"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://june:hunter2@tempo:4318", "a key goes into OTEL_EXPORTER_OTLP_HEADERS"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318/v1/traces", "without /v1/traces"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318/?", "must be the address of a collector alone"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318#", "must be the address of a collector alone"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=b,Host=hunter2", "are HTTP's own"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "content-length=1", "are HTTP's own"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "Bearer hunter2", "must be name=value pairs separated by commas"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=%zz", "percent-encoded"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0d%0ab", "must be name=value pairs"],
  ["OTEL_SERVICE_NAME", "hunter2\nx", "must be 1 to 100 letters"],
  ["OTEL_TRACES_SAMPLER_ARG", "1.5", "must be a share from 0 to 1"],
  ["OTEL_TRACES_SAMPLER_ARG", "half", "must be a share from 0 to 1"],
])("%s=%s is refused with what it must be, and not repeated", (name, value, words) => {
  expect(() => tracingOf({ ...at, [name]: value })).toThrow(expect.objectContaining({ message: expect.stringContaining(`${name}: `) }));
  expect(() => tracingOf({ ...at, [name]: value })).toThrow(words);
  expect(() => tracingOf({ ...at, [name]: value })).not.toThrow("hunter2");
});
