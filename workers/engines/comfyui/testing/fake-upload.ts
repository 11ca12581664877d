/** `/upload/image` of a fake ComfyUI. */
import type { FakeAnswer, FakeRequest } from "./fake-routes.ts";
import { type FakeState, folder } from "./fake-state.ts";

/** Fields of a multipart body by name; files are bytes with their name. */
function parseParts({ body, contentType }: FakeRequest): Map<string, { filename?: string; bytes: Buffer }> {
  const parts = new Map<string, { filename?: string; bytes: Buffer }>();
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1];
  if (!boundary) return parts;
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at >= 0; ) {
    const start = at + mark.length + 2;
    const next = body.indexOf(mark, start);
    if (next < 0) break;
    const split = body.indexOf("\r\n\r\n", start);
    const head = body.toString("utf8", start, split);
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1];
    const filename = /filename="([^"]*)"/.exec(head)?.[1];
    if (name) parts.set(name, { bytes: body.subarray(split + 4, next - 2), ...(filename ? { filename } : {}) });
    at = next;
  }
  return parts;
}

export function readUpload(state: FakeState, request: FakeRequest): FakeAnswer {
  if (request.body.length > 104_857_600) return { status: 413, body: "413: Request Entity Too Large" };
  const parts = parseParts(request);
  const image = parts.get("image");
  if (!image?.filename) return { status: 400 };
  const text = (name: string, other: string) => parts.get(name)?.bytes.toString("utf8") ?? other;
  const type = text("type", "input");
  const subfolder = text("subfolder", "");
  const files = folder(state, type);
  if (!files) return { status: 400 };
  const path = (name: string) => (subfolder ? `${subfolder}/${name}` : name);
  let name = image.filename.replaceAll("/", "%2F");
  const dot = name.lastIndexOf(".");
  if (!["true", "1"].includes(text("overwrite", "")))
    for (let count = 1; files.has(path(name)) && !files.get(path(name))?.equals(image.bytes); count++)
      name = `${image.filename.slice(0, dot)} (${count})${image.filename.slice(dot)}`;
  files.set(path(name), Buffer.from(image.bytes));
  return { status: 200, body: { name, subfolder, type } };
}
