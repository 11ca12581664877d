/** An S3 server for tests that really checks signatures: every request without a valid one is refused. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readVerified } from "./s3-body.ts";
import { bucketRoute, objectRoute } from "./s3-routes.ts";
import { type Credentials, Refused, verify } from "./s3-signature.ts";
import type { Bucket } from "./s3-store.ts";

export interface S3Server extends Credentials {
  url: string;
  buckets: Map<string, Bucket>;
  /** Answers a genuine request in the server's place: an error, or `hangUp`. Undefined lets it pass. */
  fault: ((request: IncomingMessage) => Refused | "hangUp" | undefined) | undefined;
  /** Does what the request asks, but closes the connection instead of saying so. */
  loseAnswer: ((request: IncomingMessage) => boolean) | undefined;
  stop(): Promise<void>;
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code, detail } = error instanceof Refused ? error : new Refused(500, "InternalError", String(error));
  if (response.headersSent) return void response.destroy();
  const region = code === "AuthorizationHeaderMalformed" ? `<Region>${detail}</Region>` : "";
  response
    .writeHead(status, { "content-type": "application/xml", connection: "close" })
    .end(`<Error><Code>${code}</Code><Message>${detail}</Message>${region}</Error>`);
}

export async function startS3Server(given: Partial<Credentials> & { port?: number } = {}): Promise<S3Server> {
  const { accessKey = "test", secretKey = "test-secret-1", region = "us-east-1", port = 0 } = given;
  const folder = await mkdtemp(join(tmpdir(), "spin-s3-"));
  const buckets = new Map<string, Bucket>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const verified = verify({ method, url, headers }, { accessKey, secretKey, region });
    const fault = server.fault?.(request);
    if (fault === "hangUp") return void request.socket.destroy();
    if (fault) throw fault;
    const [path = "", query = ""] = url.split("?");
    const [bucketName = "", ...rest] = path.slice(1).split("/").map(decodeURIComponent);
    if (server.loseAnswer?.(request)) response.end = () => response.destroy();
    const body = await readVerified(request, verified);
    const context = {
      buckets,
      folder,
      region,
      request,
      response,
      body,
      bucketName,
      key: rest.join("/"),
      query: new URLSearchParams(query),
    };
    if (context.key) await objectRoute(context);
    else bucketRoute(context);
  }

  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((listening) => http.listen(port, "127.0.0.1", listening));
  const server: S3Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    accessKey,
    secretKey,
    region,
    buckets,
    fault: undefined,
    loseAnswer: undefined,
    async stop() {
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return server;
}
