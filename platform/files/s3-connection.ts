/** The S3 client: path style, our own retries and time limits, and no word of its own on the console. */
import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "minio";
import { isTransient } from "./s3-failures.ts";

export interface S3Options {
  /** `http://` or `https://` address, with a port where it is not the usual one. */
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  region: string;
}

/** Of silence on the connection until the answer begins. */
const silenceMs = 30_000;

/** Answers for which minio gives up without reading them; unread they would hold their connection. */
const unread = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

function quiet(agent: http.Agent, request: typeof http.request): typeof http.request {
  const limited = (options: http.RequestOptions, callback: (response: http.IncomingMessage) => void) => {
    const sent = request({ ...options, agent }, (response) => {
      sent.setTimeout(0);
      callback(response);
      if (unread.has(response.statusCode ?? 0)) response.resume();
    });
    return sent.setTimeout(silenceMs, () => sent.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  };
  return limited as typeof http.request;
}

/** Loads the client only now: it costs 40 MB, and most installations keep their files in a folder. */
export async function connect({ endpoint, accessKey, secretKey, region }: S3Options): Promise<Client> {
  const { Client } = await import("minio");
  const url = new URL(endpoint);
  const secure = url.protocol === "https:";
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  return new Client({
    endPoint: url.hostname.replace(/^\[|\]$/g, ""),
    useSSL: secure,
    ...(url.port ? { port: Number(url.port) } : {}),
    accessKey,
    secretKey,
    region,
    pathStyle: true,
    transportAgent: agent,
    transport: { request: quiet(agent, secure ? https.request : http.request) },
    // its own retry writes to the console and loses what the server said
    retryOptions: { disableRetry: true },
  });
}

/** Three tries where a later one may do: a connection kept too long, a server that restarts. Everything we send may be sent twice. */
export async function retrying<T>(call: () => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    try {
      return await call();
    } catch (error) {
      if (round === 3 || !isTransient(error)) throw error;
      await sleep(100 * 4 ** round * (0.5 + Math.random() / 2));
    }
  }
}
