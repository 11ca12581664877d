/** Half-typed values find what was meant, the likeliest first. */
import { describe, expect, it } from "vitest";
import { rank } from "./rank.ts";

const models = ["sd_xl_base_1.0.safetensors", "juggernautXL_v9.safetensors", "dreamshaper_8.safetensors", "myBase.safetensors"].map(
  (value) => ({
    value,
  }),
);
const jobs = [
  { value: "job_0000000000000003", words: "Render: a red fox at night" },
  { value: "job_0000000000000002", words: "Upscale: a teapot" },
  { value: "job_0000000000000001", words: "Render: ein Füchslein" },
];

describe("rank", () => {
  it("gives all as they are where nothing is typed", () => {
    expect(rank("", models)).toEqual(models.map(({ value }) => value));
    expect(rank("  ", jobs)).toEqual(jobs.map(({ value }) => value));
  });

  it("puts what begins with it before what contains it, whatever the case", () => {
    const both = [{ value: "the-BASE" }, { value: "base-one" }, { value: "other" }];
    expect(rank("Base", both)).toEqual(["base-one", "the-BASE"]);
    expect(rank("base", models)).toEqual(["sd_xl_base_1.0.safetensors", "myBase.safetensors"]);
  });

  it("finds an id by its beginning and by words of its title, each at least begun", () => {
    expect(rank("job_0000000000000002", jobs)).toEqual(["job_0000000000000002"]);
    expect(rank("job_", jobs)).toHaveLength(3);
    expect(rank("fox", jobs)).toEqual(["job_0000000000000003"]);
    expect(rank("night fo", jobs)).toEqual(["job_0000000000000003"]);
    expect(rank("füchs", jobs)).toEqual(["job_0000000000000001"]);
    expect(rank("render", jobs)).toEqual(["job_0000000000000003", "job_0000000000000001"]);
  });

  it("takes what was mistyped for what is near, only where nothing fits", () => {
    expect(rank("jugernaut", models)).toEqual(["juggernautXL_v9.safetensors"]);
    expect(rank("draemsh", models)).toEqual(["dreamshaper_8.safetensors"]);
    expect(rank("teapto", jobs)).toEqual(["job_0000000000000002"]);
    expect(rank("zeppelin", models)).toEqual([]);
    // everything is near to two letters
    expect(rank("zz", models)).toEqual([]);
  });

  it("names a value once, and bears long text and odd signs", () => {
    expect(rank("a", [{ value: "a" }, { value: "a" }])).toEqual(["a"]);
    expect(rank("x".repeat(100_000), models)).toEqual([]);
    expect(rank("(((.*", models)).toEqual([]);
    expect(rank("--", jobs)).toEqual([]);
  });
});
