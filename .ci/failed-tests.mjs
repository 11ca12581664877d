// The failed tests in a JSON report of vitest, a line each, with the first words of why: `node .ci/failed-tests.mjs REPORT`
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const short = (text) => text.replace(/\s+/g, " ").slice(0, 600);
const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { name, message, status, assertionResults } of testResults) {
  const file = relative(".", name);
  const failed = assertionResults.filter((one) => one.status === "failed");
  for (const { fullName, failureMessages } of failed) process.stdout.write(`${file}: ${fullName}: ${short(failureMessages.join(" "))}\n`);
  // one that could not be loaded has no tests
  if (failed.length === 0 && status === "failed") process.stdout.write(`${file}: ${short(message)}\n`);
}
