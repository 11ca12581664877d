/** `npm run conformance`: the three official suites against the product's own app and transports, with the suites' fixtures beside its tools and without them. */
import { join } from "node:path";
import { command, makeProduct, root, send, until } from "../harness/product.ts";
import { applicable, expectedFailures } from "./applicable.ts";
import { type Row, rowOf } from "./row.ts";
import { runSuite, suites } from "./suites.ts";

/** One server for all three: sessions and tasks of one suite must not trouble the next. */
async function play(fixtures: boolean): Promise<Row[]> {
  const product = await makeProduct("conformance");
  const server = command(process.execPath, ["--import", "tsx", join(import.meta.dirname, "studio-main.ts")], {
    cwd: root,
    env: { ...product.env, ...(fixtures ? { CONFORMANCE_FIXTURES: "1" } : {}) },
  });
  try {
    const early = server.ended.then((code) => Promise.reject(new Error(`the server ended with ${code}: ${server.stderr}`)));
    early.catch(() => undefined);
    const line = await Promise.race([
      early,
      until(() => server.stdout.split("\n").find((text) => text.startsWith("{")), "the server starts"),
    ]);
    const { url } = JSON.parse(line) as { url: string };
    const rows: Row[] = [];
    for (const [index, suite] of suites.entries()) {
      const { scenarios, trouble, seconds } = await runSuite(suite, `${url}/mcp`, join(product.base, `suite-${index}`));
      const { scenarios: own, leftOut } = applicable(scenarios);
      const row = rowOf(suite.name, fixtures ? scenarios : own, trouble, fixtures ? expectedFailures : {});
      if (!fixtures)
        row.lines.push(...[...leftOut].map(([reason, times]) => `  not asked of the product alone: ${times} checks (${reason})`));
      rows.push(row);
      console.log(
        `${suite.name}, ${fixtures ? "with fixtures" : "product only"}: ${row.passed} passed, ${row.failed} failed (${seconds} s)`,
      );
      for (const text of row.lines) console.log(text);
    }
    return rows;
  } finally {
    send(server.pid, "SIGTERM");
    await server.ended.catch(() => undefined);
    await product.end();
  }
}

const [withFixtures, alone] = [await play(true), await play(false)];
const cell = (row: Row | undefined) => `${row?.passed} passed, ${row?.failed} failed`;
console.log(`\n${"suite".padEnd(30)}${"with fixtures".padEnd(24)}product only`);
for (const [index, row] of withFixtures.entries()) console.log(`${row.suite.padEnd(30)}${cell(row).padEnd(24)}${cell(alone[index])}`);
const sum = (of: "passed" | "failed") => [...withFixtures, ...alone].reduce((total, row) => total + row[of], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
