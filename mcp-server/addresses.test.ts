/** Addresses for a browser in the answers of MCP: made at the moment of the answer, with their end, and left out where they would only cost. */
import { describe, expect, it } from "vitest";
import type { LinkView } from "../core/client.ts";
import { createLinks } from "../core/links.ts";
import { type Log, silentLog } from "../core/log.ts";
import { answerParts, answerResult, jobResult } from "./answers.ts";
import { studioDoor } from "./door.ts";
import { scriptedStudio } from "./testing/scripted-studio.ts";

const ann = { id: "ann" };
const origin = "https://studio.example.org";

async function start(files = 1) {
  let clock = Date.UTC(2026, 0, 1);
  const studio = scriptedStudio();
  const links = createLinks({ secret: Buffer.alloc(32, 1), owner: async () => "ann", now: () => clock });
  const signed = (...[principal, file]: Parameters<typeof links.make>): LinkView => {
    const { path, expiresAt } = links.make(principal, file);
    return { path, expires_at: expiresAt.toISOString() };
  };
  const door = studioDoor(studio, ann, signed);
  const made = await door.invoke("render_image", { prompt: "a red fox" }, { key: "one" });
  const id = made.kind === "job" ? made.job.id : "";
  studio.succeed(
    id,
    Array.from({ length: files }, (_, index) => ({ bytes: Buffer.from(`picture ${index}`) })),
  );
  const parts = (more: Parameters<typeof answerParts>[0] = door, at: string | undefined = origin, log: Log = silentLog) =>
    answerParts(more, () => at, log);
  const answer = async (tool: string, input: object = { job_id: id }, using = parts()) => {
    const found = await door.invoke(tool, input as never, { key: "one" });
    const result = await (found.kind === "job" ? jobResult(found, using) : answerResult(found, using));
    const [block] = result.content;
    return {
      result,
      text: block?.type === "text" ? block.text : "",
      job: (result.structuredContent as { job: { artifacts: object[] } }).job,
    };
  };
  const pass = (ms: number): void => {
    clock += ms;
  };
  return { studio, door, links, id, parts, answer, pass };
}

const urlOf = (text: string) => /: (https:\S+)/.exec(text)?.[1] ?? "";

describe("an answer about a finished job", () => {
  it.each(["get_job", "wait_for_job"])(
    "of %s has the same signed link in words and data, and says until when and what then",
    async (tool) => {
      const { answer, id, pass } = await start();
      const first = await answer(tool);
      const url = urlOf(first.text);
      expect(url).toMatch(/^https:\/\/studio\.example\.org\/v1\/files\/art_\w+\/a-red-fox-0\.png\?exp=\d+&sig=[\w-]{43}$/);
      expect(first.job.artifacts).toMatchObject([{ url, url_expires_at: "2026-01-01T00:15:00.000Z" }]);
      expect(first.text).toContain(
        `Links open without a key until 2026-01-01T00:15:00.000Z; get_job with {"job_id":"${id}"} gives new ones.`,
      );
      expect(first.result.content[1]).toMatchObject({
        type: "resource_link",
        uri: expect.stringMatching(/^myspinbot:\/\/artifacts\/art_\w+$/),
      });
      pass(60_000);
      const later = await answer(tool);
      expect(urlOf(later.text)).not.toBe(url);
      expect(later.job.artifacts).toMatchObject([{ url_expires_at: "2026-01-01T00:16:00.000Z" }]);
    },
  );

  it("of a call that was made before has it too", async () => {
    const { answer } = await start();
    const { text, job } = await answer("render_image", { prompt: "a red fox" });
    expect(text).toContain("accepted before");
    expect(job.artifacts).toMatchObject([{ url: urlOf(text), url_expires_at: expect.any(String) }]);
  });

  it("has plain addresses and no end where no key is asked for", async () => {
    const { studio, answer, parts } = await start();
    const { text, job } = await answer("get_job", undefined, parts(studioDoor(studio, ann)));
    expect(urlOf(text)).toMatch(/\/a-red-fox-0\.png$/);
    expect(text).not.toContain("until");
    expect(job.artifacts[0]).not.toHaveProperty("url_expires_at");
  });

  it("names the resource where people cannot reach the studio, or no link can be had", async () => {
    const { door, answer, parts } = await start();
    const warned: unknown[] = [];
    const log: Log = { ...silentLog, warn: (facts) => void warned.push(facts) };
    const broken = { ...door, link: () => Promise.reject(new Error("gone")) };
    for (const using of [parts(door, ""), parts(broken, origin, log)]) {
      const { text, job, result } = await answer("get_job", undefined, using);
      expect(text).toMatch(/a-red-fox-0\.png: myspinbot:\/\/artifacts\/art_\w+$/);
      expect(job.artifacts[0]).not.toHaveProperty("url");
      expect(result.content).toHaveLength(3);
    }
    expect(warned).toHaveLength(1);
  });

  it("stays small: a link costs at most 350 bytes a picture, beside one line", async () => {
    const { studio, answer, parts } = await start(4);
    const bytes = async (using = parts()) => {
      const { result } = await answer("wait_for_job", undefined, using);
      const rest = result.content.filter((block) => block.type !== "image");
      return Buffer.byteLength(JSON.stringify({ ...result, content: rest }));
    };
    expect((await bytes()) - (await bytes(parts(studioDoor(studio, ann))))).toBeLessThanOrEqual(4 * 350 + 150);
  });
});

it("a list has no addresses: they would end before anybody uses them", async () => {
  const { answer, id } = await start();
  const { result } = await answer("list_jobs", {});
  expect(result.structuredContent).toMatchObject({ jobs: [{ id, artifacts: [{ uri: expect.any(String) }] }] });
  expect(JSON.stringify(result)).not.toMatch(/"url|sig=/);
});

it("another person gets no link", async () => {
  const { studio, door, id, links } = await start();
  const file = studio.jobs.get(id)?.artifacts[0]?.id ?? "";
  expect((await door.link(file)).path).toContain("sig=");
  const bob = studioDoor(studio, { id: "bob" }, (principal, artifact) => ({ path: links.make(principal, artifact).path }));
  await expect(bob.link(file)).rejects.toMatchObject({ code: "unknown_artifact" });
});
