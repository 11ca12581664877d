/** The exporters of the stores and of the machine, where Debian's are installed. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../platform/bullmq/testing/redis-server.ts";
import type { Checks } from "../harness/checks.ts";
import { type Command, command, until } from "../harness/product.ts";
import { installed, type Target } from "./parts.ts";

interface Around {
  base: string;
  databaseUrl: string;
  redisUrl: string;
  /** What is asked from outside, by name. */
  probes: Record<string, string>;
}

const listen = (port: number) => `--web.listen-address=127.0.0.1:${port}`;

const programs: Record<string, (around: Around, port: number) => { args: string[]; env?: Record<string, string> }> = {
  node: (_around, port) => ({ args: [listen(port)] }),
  postgres: ({ databaseUrl }, port) => ({ args: [listen(port)], env: { DATA_SOURCE_NAME: `${databaseUrl}?sslmode=disable` } }),
  redis: ({ redisUrl }, port) => ({ args: [`-web.listen-address=127.0.0.1:${port}`, `-redis.addr=${redisUrl}`] }),
  blackbox: ({ base }, port) => ({ args: [listen(port), `--config.file=${join(base, "blackbox.yml")}`] }),
};

export async function startExporters(around: Around, checks: Checks): Promise<{ targets: Record<string, Target[]>; end(): Promise<void> }> {
  const module = "modules:\n  http_2xx:\n    prober: http\n    http: { preferred_ip_protocol: ip4 }\n";
  await writeFile(join(around.base, "blackbox.yml"), module);
  const targets: Record<string, Target[]> = {};
  const commands: Command[] = [];
  for (const [job, how] of Object.entries(programs)) {
    const program = `prometheus-${job}-exporter`;
    if (!installed(program)) {
      checks.note(`${program} is not installed: its panels are not run (apt-get install ${program})`);
      continue;
    }
    const port = await freePort();
    const { args, env } = how(around, port);
    const started = command(program, args, { cwd: around.base, env: { PATH: process.env["PATH"] ?? "", ...env } });
    commands.push(started);
    const up = () =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.ok,
        () => false,
      );
    await until(up, `${program} answers ${started.stderr.slice(-500)}`, 20_000);
    const address = `127.0.0.1:${port}`;
    targets[job] =
      job === "blackbox"
        ? Object.entries(around.probes).map(([instance, url]) => ({ address: url, instance, through: address }))
        : [{ address, instance: `${job}-exporter` }];
  }
  return {
    targets,
    async end() {
      for (const { child } of commands) child.kill("SIGTERM");
      await Promise.all(commands.map(({ ended }) => ended));
    },
  };
}
