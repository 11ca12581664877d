/** The store of one run: our S3 server that checks signatures, a MinIO that is started from its binary, or one that runs already. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import { fromSource, until } from "../harness/product.ts";
import { type Kept, keep } from "./processes.ts";

export interface Store {
  readonly name: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  /** Absent where somebody else runs it: its connections are cut instead. */
  readonly process?: Kept;
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );
}

export async function openStore(folder: string): Promise<Store> {
  const { env } = process;
  const bucket = env["MYSPINBOT_TEST_S3_BUCKET"] ?? `faults-${Date.now().toString(36)}`;
  const given = env["MYSPINBOT_TEST_S3_ENDPOINT"];
  if (given !== undefined) {
    const { MYSPINBOT_TEST_S3_ACCESS_KEY: accessKey = "", MYSPINBOT_TEST_S3_SECRET_KEY: secretKey = "" } = env;
    const { hostname, port } = new URL(given);
    if (hostname !== "127.0.0.1")
      throw new Error("MYSPINBOT_TEST_S3_ENDPOINT must be http://127.0.0.1:PORT: it is reached through proxies");
    return { name: `the S3 server at ${given}`, port: Number(port), accessKey, secretKey, bucket };
  }
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const minio = env["MYSPINBOT_TEST_MINIO"];
  const [accessKey, secretKey] = ["faults-access", "faults-secret-1234567890"];
  const kept = keep({
    name: "S3",
    command: minio
      ? [minio, "server", join(folder, "minio"), "--address", `127.0.0.1:${port}`]
      : [process.execPath, ...fromSource("test/faults/s3-main.ts"), join(folder, "journal"), `${port}`, accessKey, secretKey],
    options: {
      cwd: folder,
      env: { PATH: env["PATH"], HOME: folder, TMPDIR: folder, MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey },
    },
    log: join(folder, "log"),
  });
  await until(() => answers(port), "the S3 server answers", 60_000);
  return { name: minio ? "MinIO" : "an S3 server that checks signatures", port, accessKey, secretKey, bucket, process: kept };
}
