/** Files over HTTP: upload, look, download (whole or a range), thumbnail. */
import { Readable } from "node:stream";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Artifact } from "../core/artifact.ts";
import { Failure } from "../core/failure.ts";
import { bytesWords, type Limits, pictureLimit } from "../core/limits.ts";
import { tooLarge } from "../core/uploads.ts";
import { artifactView } from "../core/view.ts";
import { createAddresses } from "./addresses.ts";
import { chunksOf, parseWith, readBytes } from "./body.ts";
import type { Env } from "./env.ts";
import { HttpFailure } from "./failures.ts";
import { asksToStrip, fileHeaders } from "./file-headers.ts";
import type { AppParts } from "./parts.ts";
import { matches, rangeOf } from "./range.ts";
import { streamBody } from "./stream-body.ts";

const thumbnailSide = 512;

const query = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits")
    .exactOptional(),
  limit: z.coerce.number().int().min(1).max(200, "at most 200").default(50),
});

function asHttp(failure: Failure): HttpFailure {
  return new HttpFailure(413, failure.code, failure.message);
}

/** The one file of a form. Forms are read whole, so they are for pictures; other programs send the raw bytes. */
async function fromForm(request: Request, limits: Limits): Promise<{ name: string; body: Readable; bytes: number }> {
  const most = pictureLimit(limits);
  const over = () =>
    new HttpFailure(
      413,
      "limit_exceeded",
      `A form has at most ${bytesWords(most)}. A larger file goes as raw bytes to POST /v1/files?name=…, up to ${bytesWords(limits.maxUpload)} (MYSPINBOT_MAX_UPLOAD).`,
    );
  const whole = await readBytes(request, most + 65_536, over);
  const form = await new Response(whole, { headers: { "content-type": request.headers.get("content-type") ?? "" } })
    .formData()
    .catch((error: unknown) => {
      throw new Failure("invalid_input", "The form could not be read. Send the raw bytes instead: POST /v1/files?name=…", { cause: error });
    });
  const files = [...form.values()].filter((entry) => typeof entry !== "string");
  const [file] = files;
  if (!file || files.length > 1) throw new Failure("invalid_input", "Send a form with exactly one file.");
  return { name: file.name, body: Readable.from([Buffer.from(await file.arrayBuffer())]), bytes: file.size };
}

async function upload(c: Context<Env>, { studio, limits }: AppParts): Promise<Artifact> {
  const request = c.req.raw;
  const declared = c.req.header("content-length");
  const bytes = declared === undefined ? undefined : Number(declared);
  const form = /^multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
  if (!form && bytes !== undefined && bytes > limits.maxUpload) throw asHttp(tooLarge(limits));
  const file = form
    ? await fromForm(request, limits)
    : { name: "", body: Readable.from(chunksOf(request), { objectMode: false }), ...(bytes !== undefined ? { bytes } : {}) };
  try {
    return await studio.upload(c.get("principal"), { ...file, name: c.req.query("name") ?? file.name });
  } catch (error) {
    if (error instanceof Failure && error.code === "limit_exceeded") throw asHttp(error);
    throw error;
  } finally {
    file.body.destroy();
  }
}

export function fileRoutes(app: Hono<Env>, parts: AppParts): void {
  const { studio, links, log } = parts;
  const address = createAddresses(parts);
  const own = (c: Context<Env>) => studio.artifact(c.get("principal"), c.req.param("id") ?? "");

  app.post("/v1/files", async (c, next) => {
    await next();
    // what was refused is still on its way: the next request of this connection would meet its end
    if (c.res.status >= 400) c.res.headers.set("connection", "close");
  });
  app.post("/v1/files", async (c) => {
    const view = artifactView(await upload(c, parts));
    return c.json(view, 201, { location: view.path });
  });

  app.get("/v1/files", async (c) => {
    const files = await studio.artifacts(c.get("principal"), parseWith(query, c.req.query()));
    return c.json({ files: files.map(artifactView) });
  });

  app.post("/v1/files/:id/link", async (c) => {
    const file = await own(c);
    if (!asksToStrip(c)) return c.json(address(c.get("principal"), file), 201);
    // it opens nothing else, so it is always a signed one
    const { path, expiresAt } = links.make(c.get("principal"), file, { strip: true });
    return c.json({ path, expires_at: expiresAt.toISOString() }, 201);
  });

  app.get("/v1/files/:id", async (c) => c.json(artifactView(await own(c))));

  app.get("/v1/files/:id/thumbnail", async (c) => {
    const artifact = await own(c);
    const etag = `"${artifact.sha256}-${thumbnailSide}"`;
    const headers = fileHeaders(artifact, { etag, mediaType: "image/webp" });
    if (matches(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
    const picture = await studio.thumbnail(artifact, thumbnailSide);
    if (!picture) throw new Failure("unsupported_media", `${artifact.id} is no picture, so it has no thumbnail. Download the file itself.`);
    return c.body(Uint8Array.from(picture), 200, headers);
  });

  app.get("/v1/files/:id/:name", async (c) => {
    const artifact = await own(c);
    const strip = asksToStrip(c);
    const etag = `"${artifact.sha256}${strip ? "-stripped-2" : ""}"`;
    const headers = fileHeaders(artifact, { etag, save: c.req.query("download") === "1" });
    if (matches(c.req.header("if-none-match"), etag)) return c.body(null, 304, headers);
    if (strip) return c.body(Uint8Array.from(await studio.openStripped(artifact)), 200, headers);

    const size = artifact.bytes;
    const fresh = c.req.header("if-range");
    const range = fresh === undefined || fresh === etag ? rangeOf(c.req.header("range"), size) : undefined;
    if (range === "unsatisfiable")
      throw new HttpFailure(416, "invalid_input", `The file has ${size} bytes; the range begins after them.`, {
        "content-range": `bytes */${size}`,
      });
    const length = range ? range.end - range.start + 1 : size;
    const answer = {
      ...headers,
      "accept-ranges": "bytes",
      "content-length": `${length}`,
      ...(range ? { "content-range": `bytes ${range.start}-${range.end}/${size}` } : {}),
    };
    // nobody would read, and so close, what is opened for a HEAD
    if (c.req.method === "HEAD") return c.body(null, range ? 206 : 200, answer);
    const body = streamBody(await studio.open(artifact, range), length, (error) => {
      log.warn({ artifact: artifact.id, err: error }, "a download broke off");
      c.env?.cut?.();
      return c.env?.cut !== undefined;
    });
    return c.body(body, range ? 206 : 200, answer);
  });
}
