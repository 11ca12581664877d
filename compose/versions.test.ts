/** versions.md says what the compose files and Dockerfiles pin: no image is missing, none is left over, and versions, digests and licences are there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pinsOf } from "../scripts/compose/behind-images.ts";

const here = import.meta.dirname;
const page = readFileSync(join(here, "versions.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .flatMap((cells) => {
    const image = /^`([^`]+)`/.exec(cells[2] ?? "")?.[1];
    return image
      ? [{ part: cells[1] ?? "", image, digest: cells[3], licence: cells[4] ?? "", checked: cells[5] ?? "", not: cells[6] ?? "" }]
      : [];
  });
const pins = pinsOf(here);
const own = readdirSync(here)
  .filter((name) => name.endsWith(".yaml"))
  .flatMap((name) => {
    const { services = {} } = parse(readFileSync(join(here, name), "utf8"), { merge: true, logLevel: "error" }) as {
      services?: Record<string, { image?: string } | null>;
    };
    return Object.values(services).flatMap((service) => service?.image ?? []);
  })
  .filter((image) => image.startsWith("myspinbot"));

describe("versions.md", () => {
  it("names every image of the stack in its version, and no other", () => {
    const names = [...pins.map(({ host, repository, tag }) => `${host}/${repository}:${tag}`), ...new Set(own)];
    expect(rows.map(({ image }) => image).sort()).toEqual(names.sort());
  });

  it("says of each whether its pin has a digest", () => {
    for (const { host, repository, tag, digest } of pins) {
      const row = rows.find(({ image }) => image === `${host}/${repository}:${tag}`);
      expect([repository, row?.digest]).toEqual([repository, digest ? "yes" : "no"]);
    }
  });

  it("says of each its licence, how it was checked, and what could not be", () => {
    for (const row of rows) {
      expect([row.image, row.licence]).toEqual([row.image, expect.stringMatching(/MIT|Apache|GPL|BSD|PSF|PostgreSQL|not open source/)]);
      expect([row.image, row.checked]).toEqual([row.image, expect.stringMatching(/^(real|text)\b/)]);
      expect([row.image, row.not]).toEqual([row.image, expect.stringMatching(/\w/)]);
    }
  });

  it("has a table of its own for what is not open source, with each part that it calls so", () => {
    const table = page.split("## Not open source")[1]?.split("\n## ")[0] ?? "";
    for (const { part } of rows.filter(({ licence }) => licence.includes("not open source")))
      expect(table.toLowerCase().replace(/[^a-z]/g, "")).toContain(part.toLowerCase().replace(/[^a-z]/g, ""));
  });

  it("names commands that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(here, "../package.json"), "utf8")) as { scripts: Record<string, string> };
    for (const [, name = ""] of page.matchAll(/`npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
  });
});
