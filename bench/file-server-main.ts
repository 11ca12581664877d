/** Serves one file in two ways in a process of its own: through the HTTP app and its folder store, and piped by node alone. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname } from "node:path";
import { defaultLimits } from "../core/limits.ts";
import { silentLog } from "../core/log.ts";
import { createApp } from "../http/app.ts";
import { listen } from "../http/listen.ts";
import { testParts } from "../http/testing/app-parts.ts";
import { createFolderFiles } from "../platform/files/folder.ts";

const [path = "", way = ""] = process.argv.slice(2);
const { size } = await stat(path);

async function appUrl(): Promise<string> {
  const files = createFolderFiles(dirname(path));
  const parts = testParts({ limits: defaultLimits, log: silentLog, local: false });
  const about = { id: "art_1", principal: "local", attempt: 1, ordinal: 0, name: "big.bin", mediaType: "application/octet-stream" };
  const artifact = { ...about, bytes: size, sha256: "0".repeat(64), storageKey: basename(path), createdAt: new Date() };
  const studio = { ...parts.studio, artifact: async () => artifact, open: () => files.open(artifact.storageKey) };
  const { url } = await listen(createApp({ ...parts, studio }), { host: "127.0.0.1", port: 0, log: silentLog });
  return `${url}/v1/files/art_1/big.bin`;
}

async function rawUrl(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

process.stdout.write(`${way === "app" ? await appUrl() : await rawUrl()}\n`);
