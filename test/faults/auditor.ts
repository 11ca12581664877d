/**
 * The auditor, a program of its own: it reads the database, the store, and the list of what clients were told, and nothing else.
 * Prints one JSON object: jobs by state, how much it looked at, and everything that it found. Exit 0 where it found nothing, 1 where it did, 2 where it could not look.
 */
import { pathToFileURL } from "node:url";
import { readFacts } from "./facts.ts";
import { type Finding, faultWords, grouped, judge } from "./judge.ts";
import { readLedger } from "./told.ts";

export interface Report {
  jobs: Record<string, number>;
  /** Failed jobs by the code of their error. */
  failures: Record<string, number>;
  attempts: Record<string, number>;
  looked: { jobs: number; artifacts: number; events: number; objects: number; told: number };
  found: Record<string, number>;
  findings: Finding[];
}

const counted = <Item>(items: readonly Item[], wordOf: (item: Item) => string): Record<string, number> =>
  Object.fromEntries([...grouped(items, wordOf)].map(([word, group]) => [word, group.length]));

export async function audit(env: NodeJS.ProcessEnv, list: string): Promise<Report> {
  const need = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set`);
    return value;
  };
  const facts = await readFacts({
    databaseUrl: need("DATABASE_URL"),
    s3: { endpoint: need("S3_ENDPOINT"), bucket: need("S3_BUCKET"), accessKey: need("S3_ACCESS_KEY"), secretKey: need("S3_SECRET_KEY") },
  });
  const told = readLedger(list);
  const findings = judge(facts, told);
  const { jobs, artifacts, events, objects } = facts;
  return {
    jobs: counted(jobs, ({ state }) => state),
    failures: counted(
      jobs.filter(({ state }) => state === "failed"),
      ({ error }) => error?.code ?? "none",
    ),
    attempts: counted(facts.attempts, ({ outcome }) => outcome ?? "open"),
    looked: { jobs: jobs.length, artifacts: artifacts.length, events: events.length, objects: objects.length, told: told.length },
    found: Object.fromEntries(faultWords.map((word) => [word, findings.filter((finding) => finding.word === word).length])),
    findings,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [list] = process.argv.slice(2);
  const report = await audit(process.env, list ?? "").catch((error: unknown) => {
    process.stderr.write(`the auditor could not look: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(2);
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.findings.length === 0 ? 0 : 1;
}
