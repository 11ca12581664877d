/** The lists behind completion are bounded, asked for seldom, and follow the studio. */
import { describe, expect, it } from "vitest";
import type { ToolView } from "../../core/client.ts";
import type { ArtifactView, JobView } from "../../core/view.ts";
import { createSources, type SourceDoor } from "./sources.ts";

const listModels = (...kinds: string[]) =>
  ({ name: "list_models", input_schema: { properties: { kind: { enum: kinds } } } }) as unknown as ToolView;

function scripted(parts: Partial<Record<"jobs" | "artifacts", unknown[]>> & { tools?: ToolView[]; engines?: object[] }) {
  const asked: string[] = [];
  const told = <T>(what: string, value: T) => {
    asked.push(what);
    return Promise.resolve(value);
  };
  const door: SourceDoor = {
    tools: () => told("tools", parts.tools ?? []),
    jobs: (limit) => told(`jobs ${limit}`, (parts.jobs ?? []) as JobView[]),
    artifacts: (limit) => told(`artifacts ${limit}`, (parts.artifacts ?? []) as ArtifactView[]),
    invoke: (tool) => told(`invoke ${tool}`, { kind: "answer" as const, text: "", data: { engines: (parts.engines ?? []) as never } }),
  };
  return { door, asked };
}
const values = (known: { candidates: readonly { value: string }[] }) => known.candidates.map(({ value }) => value);

describe("sources", () => {
  it("ask once for the letters of a word, again when the list is old, and keep no failure", async () => {
    const { door, asked } = scripted({ jobs: [{ id: "job_1", title: "a fox" }] });
    let now = 0;
    let down = true;
    const known = createSources({ ...door, jobs: (limit) => (down ? Promise.reject(new Error("away")) : door.jobs(limit)) }, () => now);
    await expect(known("job")).rejects.toThrow("away");
    down = false;
    const [first] = await Promise.all([known("job"), known("job"), known("job")]);
    expect(first).toEqual({ candidates: [{ value: "job_1", words: "a fox" }], whole: true });
    expect(asked).toEqual(["jobs 200"]);
    now = 2999;
    await known("job");
    expect(asked).toHaveLength(1);
    now = 3000;
    await known("job");
    expect(asked).toHaveLength(2);
  });

  it("say that there may be more where the list is full", async () => {
    const { door } = scripted({ jobs: Array.from({ length: 200 }, (_, index) => ({ id: `job_${index}`, title: "" })) });
    expect((await createSources(door)("job")).whole).toBe(false);
  });

  it("tell pictures, sounds and recipes from other files, by one list", async () => {
    const file = (id: string, media_type: string, recipe?: object) => ({ id, name: id, media_type, ...(recipe ? { recipe } : {}) });
    const { door, asked } = scripted({ artifacts: [file("a", "image/png", {}), file("b", "audio/wav"), file("c", "image/jpeg")] });
    const known = createSources(door);
    expect(values(await known("file"))).toEqual(["a", "b", "c"]);
    expect(values(await known("picture"))).toEqual(["a", "c"]);
    expect(values(await known("pictures"))).toEqual(["a", "c"]);
    expect(values(await known("sound"))).toEqual(["b"]);
    expect(values(await known("recipe"))).toEqual(["a"]);
    expect(asked).toEqual(["artifacts 200"]);
  });

  it("know models of every engine, and voices once list_models has them", async () => {
    const engines = [{ checkpoints: [{ name: "m1" }], voices: [{ name: "june" }] }, { checkpoints: [{ name: "m2" }] }];
    const now = scripted({ tools: [listModels("checkpoints", "loras")], engines });
    expect(values(await createSources(now.door)("model"))).toEqual(["m1", "m2"]);
    expect(values(await createSources(now.door)("voice"))).toEqual([]);
    const later = scripted({ tools: [listModels("checkpoints", "loras", "voices")], engines });
    expect(values(await createSources(later.door)("voice"))).toEqual(["june"]);
    const none = scripted({ engines });
    expect(values(await createSources(none.door)("model"))).toEqual([]);
    expect(none.asked).toEqual(["tools"]);
  });
});
