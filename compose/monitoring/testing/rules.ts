/** The rule files and their tests as data, for tests that look at all of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface RuleTest {
  name: string;
  alert_rule_test: { alertname: string; eval_time: string; exp_alerts: unknown[] }[];
}

export const monitoring = join(import.meta.dirname, "..");
export const read = (path: string) => readFileSync(join(monitoring, path), "utf8");
const folder = (path: string, end: string) => readdirSync(join(monitoring, path)).filter((name) => name.endsWith(end));

export const ruleFiles = folder("rules", ".yml");
export const ruleTestFiles = folder("rules/tests", ".test.yml");
export const rules = ruleFiles.flatMap((name) =>
  (parse(read(`rules/${name}`)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
);
export const alerts = rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));
export const ruleTests = ruleTestFiles.flatMap((name) => (parse(read(`rules/tests/${name}`)) as { tests: RuleTest[] }).tests);
