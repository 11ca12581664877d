/** The rows and files of a studio, compared with what its clients were told. */
import { buffer } from "node:stream/consumers";
import { type Product, sha256 } from "../product.ts";

interface Row {
  id: string;
  key: string | null;
  state: string;
  count: number;
  succeeded: number;
  open: number;
  attempt: number;
  artifacts: { id: string; attempt: number; ordinal: number; sha256: string }[];
}

const query = `
  select j.id, j.key, j.state, j.attempt, coalesce((j.input ->> 'count')::int, 1) as count,
    (select count(*)::int from attempts t where t.job = j.id and t.outcome = 'succeeded') as succeeded,
    (select count(*)::int from attempts t where t.job = j.id and t.outcome is null) as open,
    (select coalesce(json_agg(json_build_object('id', a.id, 'attempt', a.attempt, 'ordinal', a.ordinal, 'sha256', a.sha256) order by a.ordinal), '[]')
      from artifacts a where a.job = j.id) as artifacts
  from jobs j where j.id = any($1)`;

/** Sentences about what is not as it must be. */
export async function auditJobs(product: Product, ids: readonly string[]): Promise<string[]> {
  const wrong: string[] = [];
  const rows = await product.rows<Row>(query, [ids]);
  for (const id of ids) if (!rows.some((row) => row.id === id)) wrong.push(`${id} is lost`);
  for (const row of rows) {
    if (row.state !== "succeeded") wrong.push(`${row.id} is ${row.state}`);
    if (row.succeeded !== 1 || row.open !== 0) wrong.push(`${row.id}: ${row.succeeded} attempts succeeded, ${row.open} are open`);
    const ordinals = row.artifacts.map((artifact) => artifact.ordinal).join();
    if (ordinals !== [...Array(row.count).keys()].join()) wrong.push(`${row.id}: artifacts ${ordinals} instead of ${row.count}`);
    for (const artifact of row.artifacts) {
      if (artifact.attempt !== row.attempt) wrong.push(`${artifact.id} is of attempt ${artifact.attempt}, not ${row.attempt}`);
      if (sha256(await buffer(await product.client.download(artifact.id))) !== artifact.sha256)
        wrong.push(`${artifact.id} has other bytes`);
    }
  }
  const [doubled] = await product.rows<{ keys: number }>(
    "select count(*)::int as keys from (select key from jobs where key is not null group by key having count(*) > 1) d",
  );
  if (doubled?.keys) wrong.push(`${doubled.keys} keys made more than one job`);
  return wrong;
}
