/** What is in the database and in the store, read without any of the product's own code. */
import { createHash } from "node:crypto";
import { Client } from "minio";
import pg from "pg";

export interface JobFact {
  id: string;
  principal: string;
  tool: string;
  state: string;
  attempt: number;
  key: string | null;
  input: { [field: string]: unknown };
  needs: string[] | null;
  tree: { head: string; stage?: string; stages: Record<string, string> } | null;
  error: { code: string; message: string } | null;
  last_seq: number;
}
export interface AttemptFact {
  job: string;
  number: number;
  outcome: string | null;
}
export interface ArtifactFact {
  id: string;
  principal: string;
  job: string | null;
  attempt: number;
  ordinal: number;
  bytes: number;
  sha256: string;
  storage_key: string;
  part: boolean;
}
export interface EventFact {
  job: string;
  seq: number;
  type: string;
  state: string | null;
  artifact: string | null;
  principal: string | null;
}
export interface ObjectFact {
  key: string;
  bytes: number;
  sha256: string;
}
export interface Facts {
  jobs: JobFact[];
  attempts: AttemptFact[];
  artifacts: ArtifactFact[];
  events: EventFact[];
  /** Rows of other tables that belong to a principal and hang on a job. */
  hanging: { what: string; id: string; principal: string; job: string }[];
  objects: ObjectFact[];
}

export interface Places {
  databaseUrl: string;
  s3: { endpoint: string; bucket: string; accessKey: string; secretKey: string };
}

async function readRows(url: string): Promise<Omit<Facts, "objects">> {
  const client = new pg.Client({ connectionString: url, options: "-c default_transaction_read_only=on" });
  await client.connect();
  const rows = async <Row extends object>(text: string): Promise<Row[]> => (await client.query(text)).rows as Row[];
  try {
    await client.query("begin isolation level repeatable read");
    return {
      jobs: await rows("select id, principal, tool, state, attempt, key, input, needs, tree, error, last_seq from jobs order by number"),
      attempts: await rows("select job, number, outcome from attempts order by job, number"),
      artifacts: await rows(
        `select id, principal, job, attempt, ordinal, bytes::float8 as bytes, sha256, storage_key,
          coalesce((recipe ->> 'part')::boolean, false) as part from artifacts order by number`,
      ),
      events: await rows(
        `select job, seq, type, data ->> 'state' as state, case type when 'artifact' then data ->> 'id' end as artifact,
          case type when 'artifact' then data ->> 'principal' end as principal from events order by job, seq`,
      ),
      hanging: await rows(
        `select 'delivery' as what, id, principal, job from deliveries union all select 'asset', id, principal, job from assets`,
      ),
    };
  } finally {
    await client.end();
  }
}

async function readObjects({ endpoint, bucket, accessKey, secretKey }: Places["s3"]): Promise<ObjectFact[]> {
  const { hostname, port, protocol } = new URL(endpoint);
  const client = new Client({
    ...{ endPoint: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)), useSSL: protocol === "https:" },
    ...{ accessKey, secretKey, region: "us-east-1", pathStyle: true },
  });
  const found: ObjectFact[] = [];
  for await (const { name } of client.listObjectsV2(bucket, "", true) as AsyncIterable<{ name: string }>) {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of await client.getObject(bucket, name)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    found.push({ key: name, bytes, sha256: hash.digest("hex") });
  }
  return found;
}

export async function readFacts({ databaseUrl, s3 }: Places): Promise<Facts> {
  const [rows, objects] = await Promise.all([readRows(databaseUrl), readObjects(s3)]);
  return { ...rows, objects };
}
