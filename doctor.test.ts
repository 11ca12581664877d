/** `myspinbot doctor` as a process: what is wrong stands first, and the exit code tells it. */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "spin-doctor-"));
  await chmod(base, 0o711);
});
afterAll(() => rm(base, { recursive: true, force: true }));

async function doctor(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "main.ts"), "doctor", ...args], {
    cwd: import.meta.dirname,
    env: { PATH: process.env["PATH"], HOME: base, MYSPINBOT_DATA: join(base, "data"), ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, lines: said.split("\n") };
}

it("nothing that was set is missing: exit 0, and what is not there says what brings it", async () => {
  // the port is left out of it: another studio may hold the usual one
  const { code, lines } = await doctor([], { MYSPINBOT_PORT: "0" });
  expect(code).toBe(0);
  expect(lines.join("\n")).toMatch(/– Studio +not running\n +→ myspinbot start/);
});

it("a data folder that cannot be used is a line of the table, beside all the others", async () => {
  await writeFile(join(base, "file"), "");
  const { code, lines } = await doctor([], { MYSPINBOT_PORT: "0", MYSPINBOT_DATA: join(base, "file", "data") });
  expect(code).toBe(1);
  expect(lines[1]).toMatch(/^ {2}✗ Data folder +The data folder .* is a file/);
  expect(lines.some((line) => line.includes("Chat model"))).toBe(true);
});

it("what was set and does not work comes first: a taken port, a ComfyUI that is none", async () => {
  const other = createServer((_, response) => response.end("<title>Pi-hole</title>"));
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  const { port } = other.address() as AddressInfo;
  try {
    const { code, lines } = await doctor([], { MYSPINBOT_PORT: `${port}`, COMFYUI_URL: `http://127.0.0.1:${port}` });
    expect(code).toBe(1);
    const marks = lines.flatMap((line) => /^ {2}([✗–·✓]) (\S+)/.exec(line)?.slice(1).join(" ") ?? []);
    expect(marks.slice(0, 2).sort()).toEqual(["✗ ComfyUI", "✗ Port"]);
  } finally {
    other.close();
  }
});

it("--url looks from outside: nobody there is exit 1, and what is no address is told", async () => {
  const { code, lines } = await doctor(["--url", "http://127.0.0.1:9", "--key", "spin_sesame"]);
  expect([code, lines[0]]).toEqual([1, "MySpinBot at http://127.0.0.1:9"]);
  expect(lines[1]).toMatch(/✗ Studio/);
  expect(lines.join("\n")).not.toContain("sesame");
  expect(await doctor(["--url", "studio"])).toMatchObject({
    code: 1,
    lines: [expect.stringContaining("such as http://127.0.0.1:4417"), ""],
  });
});
