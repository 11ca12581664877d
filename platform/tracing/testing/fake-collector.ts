/** A collector that takes OTLP/HTTP in JSON as the specification has it, and misbehaves when it is told to. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
interface Pair {
  key: string;
  value: Value;
}

/** ExportTraceServiceRequest: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface Request {
  resourceSpans: {
    resource: { attributes: Pair[] };
    scopeSpans: {
      spans: {
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        name: string;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        attributes: Pair[];
        status: { code?: number; message?: string };
      }[];
    }[];
  }[];
}

export interface SeenSpan {
  trace: string;
  id: string;
  /** Empty for a root. */
  parent: string;
  name: string;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  attributes: Record<string, unknown>;
  /** Message of its status, where that is an error. */
  failed?: string;
  service: unknown;
}

/** `hang`: no answer at all; a text: the answer's body with status 200. */
export type Behaviour = "take" | "hang" | number | { body: string };

export interface FakeCollector {
  url: string;
  /** For all requests from now on. */
  behave(how: Behaviour): void;
  spans(): SeenSpan[];
  /** Every body that came, also those that were refused. */
  bytes(): string;
  /** Path and headers of each request. */
  requests: { path: string; headers: NodeJS.Dict<string | string[]> }[];
  /** Looks again until there are such spans, at most 20 s. */
  until(enough: (spans: SeenSpan[]) => boolean): Promise<SeenSpan[]>;
  close(): Promise<void>;
}

const plainOf = ({ stringValue, intValue, doubleValue, boolValue }: Value): unknown =>
  stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue));
const plain = (pairs: Pair[]) => Object.fromEntries(pairs.map(({ key, value }) => [key, plainOf(value)]));
const ms = (nanos: string) => Number(BigInt(nanos) / 1000n) / 1000;

function spansOf({ resourceSpans }: Request): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId = "", name, startTimeUnixNano, endTimeUnixNano, attributes, status }) => ({
        ...{ trace: traceId, id: spanId, parent: parentSpanId, name, from: ms(startTimeUnixNano), to: ms(endTimeUnixNano) },
        attributes: plain(attributes),
        ...(status.code === 2 ? { failed: status.message ?? "" } : {}),
        service: plain(resource.attributes)["service.name"],
      })),
    ),
  );
}

export async function startFakeCollector(): Promise<FakeCollector> {
  const bodies: string[] = [];
  const seen: SeenSpan[] = [];
  const requests: FakeCollector["requests"] = [];
  let how: Behaviour = "take";
  const answer = (response: ServerResponse, body: string) => {
    if (how === "hang") return;
    if (typeof how === "number") return void response.writeHead(how).end("go away");
    if (how === "take") seen.push(...spansOf(JSON.parse(body) as Request));
    response.writeHead(200, { "content-type": "application/json" }).end(how === "take" ? "{}" : how.body);
  };
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString("utf8");
    bodies.push(body);
    requests.push({ path: request.url ?? "", headers: request.headers });
    answer(response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(next) {
      how = next;
    },
    spans: () => [...seen],
    bytes: () => bodies.join("\n"),
    requests,
    async until(enough) {
      for (const deadline = Date.now() + 20_000; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 20)))
        if (enough([...seen])) return [...seen];
      throw new Error(`these spans are not enough: ${seen.map(({ name }) => name).join(", ")}`);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
