/** The small pure words of core: ids, digests, states, sizes, nearest names. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure, toFailure } from "./failure.ts";
import { isId, newId } from "./ids.ts";
import { canMove, isTerminal, jobStates } from "./job.ts";
import { canonicalJson, digest } from "./json.ts";
import { byNearness, nearest } from "./nearest.ts";
import { aspects, sizeFor } from "./sizes.ts";
import { safeName } from "./uploads.ts";

describe("ids", () => {
  it("are recognised by kind and safe as queue keys and file names", () => {
    for (let n = 0; n < 200; n++) {
      const id = newId("job");
      expect(isId("job", id)).toBe(true);
      expect(isId("art", id)).toBe(false);
      expect(id).toMatch(/^job_[0-9a-z]{16}$/);
    }
  });
  it.each(["", "job_", "job_../../etc/passwd", "job_0123456789abcdeF", "job_0123456789abcdefg", "'; drop table jobs"])(
    "refuses %j",
    (text) => {
      expect(isId("job", text)).toBe(false);
    },
  );
});

describe("digest", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(digest(turned)).toBe(digest(value));
      }),
    );
  });
  it("tells different requests apart", () => {
    expect(digest({ a: 1, b: [1, 2] })).not.toBe(digest({ a: 1, b: [2, 1] }));
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});

describe("job states", () => {
  it("never leave a terminal state but by a retry", () => {
    for (const from of jobStates.filter(isTerminal))
      for (const to of jobStates) expect(canMove(from, to), `${from} -> ${to}`).toBe(to === "queued" && from !== "succeeded");
  });
  it("cannot succeed once a cancel was asked for", () => expect(canMove("canceling", "succeeded")).toBe(false));
});

describe("sizes", () => {
  it("are multiples of 64 and turn with the picture", () => {
    for (const family of ["sd15", "sdxl", "something new"])
      for (const aspect of aspects) {
        const [width, height] = sizeFor(family, aspect);
        expect(width % 64).toBe(0);
        expect(height % 64).toBe(0);
      }
    expect(sizeFor("sdxl", "wide")).toEqual([1344, 768]);
    expect(sizeFor("sdxl", "tall")).toEqual([768, 1344]);
  });
  it("name what is allowed for 0:9", () => {
    expect(() => sizeFor("sdxl", "0:9")).toThrow(/Use one of: square, portrait, wide/);
  });
});

describe("nearest", () => {
  it("finds the mistyped name and offers nothing for a stranger", () => {
    expect(nearest("rendr_image", ["render_image", "upscale_image"])).toBe("render_image");
    expect(nearest("make_coffee_now", ["render_image", "upscale_image"])).toBeUndefined();
    expect(byNearness("upscal", ["render", "upscale", "jobs"])[0]).toBe("upscale");
  });
});

describe("failures", () => {
  it("hide what was not foreseen and keep it as the cause", () => {
    const error = new Error("connect ECONNREFUSED /srv/secret/path password=hunter2");
    const failure = toFailure(error);
    expect(failure.code).toBe("internal");
    expect(JSON.stringify(failure.view())).not.toMatch(/secret|hunter2/);
    expect(failure.cause).toBe(error);
  });
  it("say what a full disk is", () => {
    expect(toFailure(Object.assign(new Error("write"), { code: "ENOSPC" })).code).toBe("storage_full");
  });
  it("pass through", () => {
    const failure = new Failure("unknown_job", "x");
    expect(toFailure(failure)).toBe(failure);
  });
});

describe("names of uploads", () => {
  it.each([
    ["../../etc/passwd", "passwd.png"],
    ["C:\\pics\\my cat.jpeg", "my cat.png"],
    ["", "picture.png"],
    [".htaccess", "htaccess.png"],
    ["a\u0000b\u202egnp.exe", "abgnp.png"],
    ["Füchslein.png", "Füchslein.png"],
  ])("%j becomes %j", (given, wanted) => expect(safeName(given, "png")).toBe(wanted));
});
