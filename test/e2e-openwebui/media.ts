/** Video, sound and other files in the chat. A stand-in of our server hands them out: no tool of ours makes any so far. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installed } from "./open-webui.ts";

/** One second of picture and of sound, by the libraries that Open WebUI brings. */
const maker = `
import av, sys, wave, math, struct
import numpy
with av.open(sys.argv[1] + "/clip.mp4", "w") as out:
    stream = out.add_stream("libx264", rate=12)
    stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
    for n in range(12):
        frame = av.VideoFrame.from_ndarray(numpy.full((96, 128, 3), n * 20, dtype=numpy.uint8), format="rgb24")
        for packet in stream.encode(frame):
            out.mux(packet)
    for packet in stream.encode():
        out.mux(packet)
with wave.open(sys.argv[1] + "/tone.wav", "w") as out:
    out.setnchannels(1); out.setsampwidth(2); out.setframerate(8000)
    out.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(n / 3))) for n in range(8000)))
`;

export interface MediaStudio {
  readonly url: string;
  readonly bytes: ReadonlyMap<string, Buffer>;
  end(): Promise<void>;
}

const types: Record<string, string> = {
  "clip.mp4": "video/mp4",
  "tone.wav": "audio/wav",
  "style.safetensors": "application/octet-stream",
};

async function made(): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), "spin-media-"));
  try {
    const done = spawnSync(join(await installed(), "bin/python"), ["-c", maker, folder], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`no media could be made: ${done.stderr}`);
    const read = async (name: string): Promise<[string, Buffer]> => [name, await readFile(join(folder, name))];
    return new Map([await read("clip.mp4"), await read("tone.wav"), ["style.safetensors", Buffer.alloc(100_000, 7)]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each turn publishes all three in one job. */
export async function startMediaStudio(): Promise<MediaStudio> {
  const bytes = await made();
  const run = Date.now().toString(36);
  const artifacts = [...bytes].map(([name, data], index) => ({
    ...{ id: `art_${run}${index}`, name, media_type: types[name], bytes: data.length, preview: false },
    sha256: createHash("sha256").update(data).digest("hex"),
    path: `/v1/files/art_${run}${index}/${name}`,
  }));
  const job = { id: `job_${run}`, tool: "test", title: "Test: media", state: "succeeded", artifacts };
  const json = (response: ServerResponse, value: unknown) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  const server = createServer((request, response) => {
    request.resume();
    const path = new URL(request.url ?? "/", "http://x").pathname;
    if (path === "/v1/chat") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const parts = [
        { type: "text", text: "data: here they are." },
        { type: "done", jobs: [job] },
      ];
      response.end(parts.map((part) => `event: ${part.type}\ndata: ${JSON.stringify(part)}\n\n`).join(""));
    } else if (path === "/v1/deliveries/claim") json(response, { deliveries: [] });
    else if (path.startsWith("/v1/deliveries")) json(response, { delivery: { id: `dlv_${run}` } });
    else response.writeHead(200).end(bytes.get(path.split("/").at(-1) ?? ""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    ...{ url: `http://127.0.0.1:${address.port}`, bytes },
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
