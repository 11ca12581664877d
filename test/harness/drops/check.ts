/** Looks at one run from outside: its rows, and its picture as clients fetch it that have never been here before. */
import { connectHttp, connectStdio } from "../../../mcp-server/testing/clients.ts";
import { auditJobs } from "../doors/audit-jobs.ts";
import { main, sha256 } from "../product.ts";
import { jobIn, type Scene, type Story } from "./story.ts";

export interface Found {
  accepted: number;
  ended: number;
  doubled: number;
  lost: number;
  /** Newcomers that got the very bytes that the row tells of. */
  fetched: number;
  newcomers: number;
  wrong: string[];
}

type Newcomer = "v2 modern" | "v2 legacy" | "stdio";

async function fetchAs(kind: Newcomer, { product, studio, accessKey }: Scene, job: string): Promise<string> {
  const client =
    kind === "stdio"
      ? await connectStdio("v2 legacy", { command: process.execPath, args: [main, "mcp"], env: product.env })
      : await connectHttp(kind, studio, accessKey);
  try {
    const [artifact] = jobIn(await client.call("get_job", { job_id: job })).artifacts;
    const contents = await client.read(`myspinbot://artifacts/${artifact?.id}`);
    return sha256(Buffer.from(contents.find(({ blob }) => blob)?.blob ?? "", "base64"));
  } finally {
    await client.close();
  }
}

/** @param stdio whether a new stdio process fetches it, too. */
export async function checkRun(scene: Scene, story: Story, stdio: boolean): Promise<Found> {
  const { product, prompt } = scene;
  const found: Found = { accepted: 0, ended: 0, doubled: 0, lost: 0, fetched: 0, newcomers: 0, wrong: [...story.wrong] };
  const rows = await product.rows<{ id: string; state: string }>("select id, state from jobs where input ->> 'prompt' = $1", [prompt]);
  const ids = [...new Set([...rows.map(({ id }) => id), ...story.told])];
  found.accepted = rows.length;
  found.ended = rows.filter(({ state }) => state === "succeeded").length;
  found.doubled = Math.max(0, rows.length - 1);
  found.lost = ids.length - found.ended;
  if (ids.length !== 1) found.wrong.push(`${rows.length} jobs, and the client was told of ${story.told.size}`);
  found.wrong.push(...(await auditJobs(product, ids)));
  const [row] = await product.rows<{ sha256: string }>("select sha256 from artifacts where job = any($1)", [ids]);
  for (const kind of ["v2 modern", "v2 legacy", ...(stdio ? ["stdio" as const] : [])] as const) {
    found.newcomers += 1;
    const got = await fetchAs(kind, scene, ids[0] ?? "").catch((error: unknown) => String(error));
    if (row && got === row.sha256) found.fetched += 1;
    else found.wrong.push(`a new client (${kind}) got ${got}`);
  }
  return found;
}

/** Files that no row tells of, and jobs that no run asked for. */
export async function checkAll(product: Scene["product"], stored: AsyncIterable<{ key: string }>, jobs: number): Promise<string[]> {
  const wrong: string[] = [];
  const rows = await product.rows<{ key: string }>("select storage_key as key from artifacts");
  const keys = new Set(rows.map(({ key }) => key));
  for await (const { key } of stored) if (!keys.delete(key)) wrong.push(`${key} is in no row`);
  for (const key of keys) wrong.push(`${key} has no file`);
  const [count] = await product.rows<{ jobs: number; open: number }>(
    "select count(*)::int as jobs, (count(*) filter (where state not in ('succeeded', 'failed', 'canceled')))::int as open from jobs",
  );
  if (count?.jobs !== jobs || count.open > 0) wrong.push(`${count?.jobs} jobs in all, ${count?.open} open, where ${jobs} were accepted`);
  return wrong;
}
