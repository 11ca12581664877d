/** The in-process door gives views, never rows, and only to their principal. */
import { buffer } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import type { Artifact } from "../core/artifact.ts";
import type { Principal } from "../core/principal.ts";
import { createTools } from "../tools/index.ts";
import { type Door, studioDoor } from "./door.ts";
import { type ScriptedStudio, scriptedStudio, tinyWebp } from "./testing/scripted-studio.ts";

const ann: Principal = { id: "ann" };

describe("studioDoor", () => {
  let studio: ScriptedStudio;
  let door: Door;
  const submit = async (): Promise<string> => {
    const invoked = await door.invoke("render_image", { prompt: "a fox" });
    return invoked.kind === "job" ? invoked.job.id : "";
  };
  beforeEach(() => {
    studio = scriptedStudio();
    door = studioDoor(studio, ann);
  });

  it("gives the catalogue as data", async () => {
    const tools = await door.tools();
    expect(tools.map((tool) => tool.name)).toEqual(createTools().map((tool) => tool.name));
    expect(tools[0]?.input_schema).toMatchObject({ type: "object", required: ["prompt"] });
  });

  it("gives a job with its outlook, and answers as they are", async () => {
    const invoked = await door.invoke("render_image", { prompt: "a fox" }, { key: "k" });
    expect(invoked).toMatchObject({ kind: "job", created: true, job: { state: "queued", position: 2, eta_seconds: [20, 40] } });
    expect(await door.invoke("render_image", { prompt: "a fox" }, { key: "k" })).toMatchObject({ created: false });
    expect(await door.invoke("pause", { mode: "park" })).toMatchObject({ kind: "answer", data: { paused: true, mode: "park" } });
  });

  it("gives one job, cancels one job", async () => {
    const [id, other] = [await submit(), await submit()];
    expect(await door.job(id)).toMatchObject({ id, state: "queued", position: 2 });
    expect(await door.cancel(id)).toMatchObject({ id, state: "canceled" });
    expect(await door.job(other)).toMatchObject({ state: "queued" });
  });

  it("gives a file, without its recipe on request, and a preview of at most 512 pixels", async () => {
    const id = await submit();
    studio.succeed(id, [{ bytes: Buffer.from("pixels") }]);
    const file = (await door.job(id)).artifacts[0]?.id ?? "";
    const sides: number[] = [];
    const { thumbnail, artifact } = studio;
    studio.thumbnail = (artifact: Artifact, side: number) => {
      sides.push(side);
      return thumbnail(artifact, side);
    };
    expect(await door.artifact(file)).toMatchObject({
      id: file,
      job_id: id,
      media_type: "image/png",
      path: `/v1/files/${file}/a-red-fox-0.png`,
    });
    expect((await buffer(await door.download(file))).toString()).toBe("pixels");
    expect((await buffer(await door.download(file, { strip: true }))).toString()).toBe("stripped");
    expect(await door.thumbnail(file)).toEqual(tinyWebp);
    expect(sides).toEqual([512]);
    studio.artifact = () => Promise.reject(new Error("looked up"));
    const shown = (await door.job(id)).artifacts[0];
    expect(await door.link(file, shown)).toMatchObject({ path: `/v1/files/${file}/a-red-fox-0.png` });
    expect(await door.thumbnail(file, shown)).toEqual(tinyWebp);
    studio.artifact = artifact;
    const stranger = studioDoor(studio, { id: "bob" });
    for (const attempt of [stranger.artifact(file), stranger.download(file), stranger.thumbnail(file)])
      await expect(attempt).rejects.toMatchObject({ code: "unknown_artifact" });
    for (const attempt of [stranger.job(id), stranger.cancel(id)]) await expect(attempt).rejects.toMatchObject({ code: "unknown_job" });
  });

  it("gives events as they go over the wire, from where it was asked to", async () => {
    const asked: unknown[] = [];
    studio.watch = async function* (principal, id, options) {
      asked.push(principal.id, options?.after);
      yield { type: "state", seq: 4, job: id, at: new Date("2026-01-01T00:00:00Z"), state: "running", attempt: 1 };
    };
    const events = [];
    for await (const event of door.watch("job_1", { after: 3 })) events.push(event);
    expect(events).toEqual([{ type: "state", seq: 4, job: "job_1", at: "2026-01-01T00:00:00.000Z", state: "running", attempt: 1 }]);
    expect(asked).toEqual(["ann", 3]);
  });
});
