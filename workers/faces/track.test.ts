/** One face over the frames of a video, and the part of the picture around it. */
import { describe, expect, it } from "vitest";
import type { Face } from "./boxes.ts";
import { fittedSize } from "./encode.ts";
import { regionOf } from "./region.ts";
import { follow, placesOf } from "./track.ts";

const face = (x: number, more: Partial<Face> = {}): Face => ({ x, y: 100, width: 100, height: 100, score: 0.9, ...more });
const wish = (who = 0) => ({ name: "anna.mp4", who, least: 64 });

describe("a face in a video", () => {
  it("is followed by its place, also where another one is found before it", () => {
    const track = follow([[face(100), face(400)], [face(110), face(410)], [face(420)], [face(130), face(430)]], 1, wish(2));
    expect(track.places.map((place) => place?.x)).toEqual([400, 410, 420, 430]);
    expect(track.others.map((others) => others.map(({ x }) => x))).toEqual([[100], [110], [], [130]]);
    expect(track.faceless).toBe(0);
  });

  it("that is missed once between two frames is there, and one that is gone for longer is not", () => {
    const track = follow([[face(100)], [], [face(120)], [], [], [face(130)]], 1, wish());
    expect(track.places.map((place) => place?.x)).toEqual([100, 110, 120, undefined, undefined, 130]);
    expect(track.faceless).toBeCloseTo(2 / 6);
    expect(placesOf(track)).toHaveLength(4);
  });

  it("is not somebody's who appears at the other side", () => {
    expect(follow([[face(0)], [face(0)], [face(900)]], 1, wish()).places.map((place) => place?.x)).toEqual([0, 0, undefined]);
  });

  it("is asked about where most frames show several, and not for one mistake of the detector", () => {
    expect(() => follow([[face(0), face(300)], [face(0), face(300)], [face(0)]], 1, wish())).toThrow(/shows 2 faces/);
    expect(follow([[face(0)], [face(0)], [face(0), face(300)]], 1, wish()).places).toHaveLength(3);
    expect(() => follow([[face(0)], [face(0)]], 1, wish(2))).toThrow(/shows 1 face, so who 2 is not there/);
  });

  it("must be there, and large enough", () => {
    expect(() => follow([[], []], 1, wish())).toThrow(/any of the 2 frames of anna.mp4/);
    expect(() => follow([[face(0, { width: 40 })]], 1, wish())).toThrow(/about 40 pixels wide; at least 64/);
  });
});

describe("the part around a face", () => {
  const size = { width: 1000, height: 600 };

  it("holds it wherever it moves, is even, and stays within the picture", () => {
    const region = regionOf([face(20), face(301)], [], size, "anna.mp4");
    expect(region).toEqual({ x: 0, y: 20, width: 480, height: 260 });
    expect(Object.values(regionOf([face(897)], [], size, "anna.mp4")).every((value) => value % 2 === 0)).toBe(true);
  });

  it("is smaller where another face is near, and refused where that is too near", () => {
    expect(regionOf([face(300)], [face(420)], size, "anna.mp4").width).toBeLessThan(regionOf([face(300)], [], size, "anna.mp4").width);
    expect(() => regionOf([face(300)], [face(350)], size, "anna.mp4")).toThrow(/another face comes too near/);
  });
});

it("a size is made even and no larger than it may be, and never enlarged", () => {
  expect(fittedSize({ width: 4000, height: 3001 }, 1920)).toEqual({ width: 1920, height: 1440 });
  expect(fittedSize({ width: 301, height: 201 }, 1920)).toEqual({ width: 300, height: 200 });
});
