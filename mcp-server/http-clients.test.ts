/** What real clients see over HTTP: SDK v2 in both eras and SDK v1. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTools } from "../tools/index.ts";
import { previewBudget } from "./files.ts";
import { inlineLimit } from "./resources.ts";
import { connectHttp, kinds, type Result, type TestClient } from "./testing/clients.ts";
import { startServer, type TestServer } from "./testing/http-server.ts";
import { tinyWebp } from "./testing/scripted-studio.ts";

const patience = { timeout: 10_000, interval: 10 };
const text = (result: Result) => result.content.find((block) => block.type === "text")?.text ?? "";
const jobOf = (result: Result) =>
  result.structuredContent?.["job"] as { id: string; state: string; artifacts: { [field: string]: unknown }[] };

describe.each(kinds)("%s over HTTP", (kind) => {
  let server: TestServer;
  let client: TestClient;
  const render = (more: Record<string, unknown> = {}) => client.call("render_image", { prompt: "a red fox", ...more });

  beforeEach(async () => {
    server = await startServer({ heartbeatMs: 50 });
    client = await connectHttp(kind, server.url);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });

  it("speaks the era that the client asks for, with a session in the old one only", () => {
    expect(client.protocol()).toBe(kind === "v2 modern" ? "2026-07-28" : "2025-11-25");
    expect(client.session() !== undefined).toBe(kind !== "v2 modern");
    expect(client.instructions()).toContain("wait_for_job");
  });

  it("lists the catalogue in its order, in at most 20 kB", async () => {
    const listed = await client.tools();
    const catalogue = createTools();
    expect(listed.map((tool) => tool.name)).toEqual(catalogue.map((tool) => tool.name));
    expect(Buffer.byteLength(JSON.stringify({ tools: listed }))).toBeLessThanOrEqual(20_000);
    for (const [index, tool] of listed.entries()) {
      expect(tool).toMatchObject({ title: catalogue[index]?.title, description: catalogue[index]?.description });
      expect(tool).toMatchObject({ inputSchema: { type: "object" }, outputSchema: { type: "object" } });
    }
    const named = (name: string) => listed.find((tool) => tool.name === name);
    expect(named("cancel_job")).toMatchObject({
      annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
    });
    expect(named("get_job")).toMatchObject({ annotations: { readOnlyHint: true, idempotentHint: true } });
    // below the shortest time-out that clients are known to have
    expect(named("wait_for_job")).toMatchObject({ inputSchema: { properties: { timeout_s: { default: 25, maximum: 50 } } } });
    const withKey = listed.filter((tool) => JSON.stringify(tool["inputSchema"]).includes('"idempotency_key":'));
    expect(withKey.map((tool) => tool.name)).toEqual([
      ...["render_image", "upscale_image", "speak", "clone_voice", "render_video", "upscale_video", "lip_sync", "make_clip"],
      ...["make_dataset", "train_lora", "reroll_job"],
    ]);
    expect(listed.filter((tool) => tool.name.startsWith("test_"))).toEqual([]);
  });

  it("answers a submit at once, with text that is enough alone and the same as data", async () => {
    const result = await render();
    const job = jobOf(result);
    expect(job).toMatchObject({ state: "queued", artifacts: [], input: { prompt: "a red fox", seed: 42 }, eta_seconds: [20, 40] });
    expect(text(result)).toContain(`job ${job.id}`);
    expect(text(result)).toContain("queued, number 2 in line, done in about 20 s to 40 s");
    expect(text(result)).toContain(`wait_for_job with {"job_id":"${job.id}"}`);
    expect(result.content).toHaveLength(1);
    expect(result.structuredContent).toMatchObject({ created: true });
    expect(result.isError ?? false).toBe(false);
  });

  it("waits with rising progress, then gives link, preview, address and id", async () => {
    const { id } = jobOf(await render());
    const seen: { progress: number; total?: number | undefined; message?: string | undefined }[] = [];
    const wait = client.call("wait_for_job", { job_id: id }, { onprogress: (progress) => seen.push(progress) });
    await vi.waitFor(() => expect(server.studio.waiting.get(id)).toBe(1), patience);
    server.studio.progress(id, 0.4, "sampling");
    await vi.waitFor(() => expect(seen.filter((entry) => entry.message === "sampling").length).toBeGreaterThan(1), patience);
    server.studio.succeed(id);
    const result = await wait;
    for (const [index, entry] of seen.entries()) expect(entry.progress).toBeGreaterThan(seen[index - 1]?.progress ?? -1);
    expect(seen.find((entry) => entry.message === "sampling")).toMatchObject({ progress: 40, total: 100 });

    const [artifact] = jobOf(result).artifacts;
    const address = `${server.url.origin}/v1/files/${artifact?.["id"]}/a-red-fox-0.png`;
    expect(jobOf(result)).toMatchObject({ id, state: "succeeded" });
    expect(artifact).toMatchObject({
      media_type: "image/png",
      preview: true,
      uri: `myspinbot://artifacts/${artifact?.["id"]}`,
      url: address,
    });
    expect(artifact).not.toHaveProperty("recipe");
    expect(text(result)).toContain(id);
    expect(text(result)).toContain(address);
    expect(result.content.slice(1)).toMatchObject([
      { type: "resource_link", uri: artifact?.["uri"], name: "a-red-fox-0.png", mimeType: "image/png", size: 9 },
      { type: "image", mimeType: "image/webp", data: tinyWebp.toString("base64") },
    ]);
    expect(JSON.stringify(result)).not.toContain("secret/");
  });

  it("outlives a client's time-out by progress, and the time asked for is an answer, not an error", async () => {
    const { id } = jobOf(await render());
    const result = await client.call(
      "wait_for_job",
      { job_id: id, timeout_s: 1.2 },
      { timeout: 600, resetTimeoutOnProgress: true, onprogress: () => {} },
    );
    expect(result.isError ?? false).toBe(false);
    expect(jobOf(result)).toMatchObject({ id, state: "queued" });
    expect(text(result)).toContain("Not done after 1.2 s; wait_for_job again");
  });

  it("ends the wait with its request, never the job", async () => {
    const { id } = jobOf(await render());
    const gone = new AbortController();
    const wait = client.call("wait_for_job", { job_id: id }, { signal: gone.signal });
    wait.catch(() => {});
    await vi.waitFor(() => expect(server.studio.waiting.get(id)).toBe(1), patience);
    gone.abort();
    await expect(wait).rejects.toThrow();
    await vi.waitFor(() => expect(server.studio.waiting.get(id)).toBe(0), patience);
    expect(server.studio.jobs.get(id)?.state).toBe("queued");
    server.studio.succeed(id);
    expect(jobOf(await client.call("wait_for_job", { job_id: id })).state).toBe("succeeded");
  });

  it("loses nothing when the client drops its connection in the middle of a wait", async () => {
    const { id } = jobOf(await render());
    client.call("wait_for_job", { job_id: id, timeout_s: 1 }).catch(() => {});
    await vi.waitFor(() => expect(server.studio.waiting.get(id)).toBe(1), patience);
    await client.close();
    await vi.waitFor(() => expect(server.studio.waiting.get(id)).toBe(0), patience);
    expect(server.studio.jobs.get(id)?.state).toBe("queued");
    server.studio.succeed(id);
    client = await connectHttp(kind, server.url);
    expect(jobOf(await client.call("get_job", { job_id: id })).state).toBe("succeeded");
  });

  it("refuses an unknown tool by name, and means no alias", async () => {
    await expect(client.call("render_imgae", {})).rejects.toMatchObject({
      code: -32602,
      message: expect.stringMatching(
        /There is no tool "render_imgae"\. Did you mean render_image\? There are: render_image, upscale_image/,
      ),
    });
    await expect(client.call("render", { prompt: "x" })).rejects.toMatchObject({ code: -32602 });
    expect(server.studio.jobs.size).toBe(0);
  });

  it.each([
    [{ prompt: "x", url: "http://evil" }, /invalid_input: .*url: unknown field; allowed here: prompt/],
    [{ prompt: 7 }, /invalid_input: .*prompt/],
    [{ prompt: "x", count: 200 }, /count: at most 8 pictures a job/],
    [{ prompt: "x", idempotency_key: 7 }, /idempotency_key is 1 to 128 printable/],
    [{}, /prompt/],
  ])("says what is wrong with %j", async (input, message) => {
    const result = await client.call("render_image", input);
    expect(result.isError).toBe(true);
    expect(text(result)).toMatch(message);
    expect(text(result)).not.toMatch(/\n\s+at /);
    expect(result.structuredContent).toMatchObject({ error: { code: "invalid_input", retryable: false } });
    expect(server.studio.jobs.size).toBe(0);
  });

  it("takes a key only where a repeated call would do more", async () => {
    const result = await client.call("pause", { idempotency_key: "k" });
    expect(text(result)).toMatch(/idempotency_key: unknown field/);
  });

  it("hides what it did not foresee", async () => {
    server.studio.pause = async () => {
      throw new Error("connect ECONNREFUSED 10.0.0.7:5432 as postgres");
    };
    const result = await client.call("pause");
    expect(result.isError).toBe(true);
    expect(text(result)).toMatch(/^internal: Something unexpected went wrong/);
    expect(JSON.stringify(result)).not.toContain("ECONNREFUSED");
  });

  it("makes one job of parallel submits with one key, and refuses the key for another request", async () => {
    const results = await Promise.all(Array.from({ length: 8 }, () => render({ idempotency_key: "one" })));
    expect(new Set(results.map((result) => jobOf(result).id)).size).toBe(1);
    expect(results.filter((result) => result.structuredContent?.["created"]).length).toBe(1);
    expect(server.studio.jobs.size).toBe(1);
    const other = await client.call("render_image", { prompt: "a blue fox", idempotency_key: "one" });
    expect(other.structuredContent).toMatchObject({ error: { code: "key_conflict" } });
    await render();
    await render();
    expect(server.studio.jobs.size).toBe(3);
  });

  it("gives the finished job when a submit with its key comes again", async () => {
    const { id } = jobOf(await render({ idempotency_key: "late" }));
    server.studio.succeed(id);
    const again = await render({ idempotency_key: "late" });
    expect(text(again)).toContain("accepted before");
    expect(again.content.map((block) => block.type)).toEqual(["text", "resource_link", "image"]);
  });

  it("says what comes next after a reroll, and keeps its key", async () => {
    const { id } = jobOf(await render());
    const first = await client.call("reroll_job", { job_id: id, idempotency_key: "again" });
    const second = await client.call("reroll_job", { job_id: id, idempotency_key: "again" });
    expect(jobOf(first).id).not.toBe(id);
    expect(jobOf(second).id).toBe(jobOf(first).id);
    expect(text(first)).toContain(`wait_for_job with {"job_id":"${jobOf(first).id}"}`);
  });

  it("checks the principal of every id", async () => {
    const { id } = jobOf(await render());
    server.studio.succeed(id);
    const file = server.studio.jobs.get(id)?.artifacts[0]?.id;
    const stranger = await connectHttp(kind, server.url, "bob");
    for (const tool of ["get_job", "wait_for_job", "cancel_job", "retry_job", "reroll_job"]) {
      const result = await stranger.call(tool, { job_id: id });
      expect(result.structuredContent).toMatchObject({ error: { code: "unknown_job" } });
    }
    await expect(stranger.read(`myspinbot://artifacts/${file}`)).rejects.toMatchObject({ code: -32602 });
    await stranger.close();
  });

  it("cancels one job by cancel_job", async () => {
    const { id } = jobOf(await render());
    expect(jobOf(await client.call("cancel_job", { job_id: id })).state).toBe("canceled");
  });

  it("keeps a list of jobs short", async () => {
    const { id } = jobOf(await render());
    const result = await client.call("list_jobs");
    const [job] = (result.structuredContent?.["jobs"] ?? []) as Record<string, unknown>[];
    expect(job).toMatchObject({ id, state: "queued" });
    expect(job).not.toHaveProperty("input");
  });

  it("previews pictures as far as they fit, and links them all", async () => {
    const { id } = jobOf(await render());
    const picture = (bytes: number) => ({ bytes: Buffer.from("p"), thumbnail: Buffer.alloc(bytes, 1) });
    server.studio.succeed(id, [
      picture(60_000),
      picture(200_000),
      picture(50_000),
      picture(30_000),
      { bytes: Buffer.from("RIFF"), mediaType: "audio/wav" },
    ]);
    const result = await client.call("get_job", { job_id: id });
    const images = result.content.filter((block) => block.type === "image");
    expect(images.map((image) => image.data?.length)).toEqual([80_000, Buffer.alloc(50_000).toString("base64").length]);
    expect(images.reduce((sum, image) => sum + (image.data?.length ?? 0), 0)).toBeLessThanOrEqual(previewBudget);
    expect(result.content.filter((block) => block.type === "resource_link")).toHaveLength(5);
  });

  it("reads what a link points at: the same bytes and what is known of them", async () => {
    const { id } = jobOf(await render());
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
    server.studio.succeed(id, [{ bytes }]);
    const linked = (await client.call("get_job", { job_id: id })).content.find((block) => block.type === "resource_link");
    const [file, about] = await client.read(linked?.uri ?? "");
    expect(file).toMatchObject({ uri: linked?.uri, mimeType: "image/png" });
    expect(Buffer.from(file?.blob ?? "", "base64").equals(bytes)).toBe(true);
    expect(JSON.parse(about?.text ?? "{}")).toMatchObject({
      job_id: id,
      preview: true,
      recipe: { tool: "render_image", input: { seed: 42 } },
    });
    expect(await client.templates()).toEqual(["myspinbot://artifacts/{id}", "myspinbot://artifacts/{id}/recipe", "myspinbot://jobs/{id}"]);
  });

  it("tells where a file is that no message should carry", async () => {
    const { id } = jobOf(await render());
    server.studio.succeed(id, [{ bytes: Buffer.alloc(inlineLimit + 1) }, { bytes: Buffer.from("RIFF"), mediaType: "audio/wav" }]);
    for (const artifact of jobOf(await client.call("get_job", { job_id: id })).artifacts) {
      const contents = await client.read(String(artifact["uri"]));
      expect(contents).toHaveLength(1);
      expect(JSON.parse(contents[0]?.text ?? "{}")).toMatchObject({ url: artifact["url"], note: expect.stringContaining("download") });
    }
  });

  it.each(["myspinbot://artifacts/art_0000000000000000", "myspinbot://artifacts/..%2f..%2fetc", "file:///etc/passwd"])(
    "has no resource %s",
    async (uri) => {
      await expect(client.read(uri)).rejects.toMatchObject({ code: -32602 });
    },
  );
});
