/** What a client process does not ask the studio twice. */
import { expect, it } from "vitest";
import type { ArtifactView } from "../core/view.ts";
import type { Door } from "./door.ts";
import { rememberingDoor } from "./remembering-door.ts";

const file = (id: string, more: Partial<ArtifactView> = {}): ArtifactView => ({
  ...{ id, name: `${id}.png`, media_type: "image/png", bytes: 1, sha256: `sha of ${id}`, preview: false, path: `/${id}` },
  ...{ width: 8, height: 8, created_at: "2026-01-01T00:00:00.000Z" },
  ...more,
});

function door() {
  const asked: string[] = [];
  let now = 0;
  const behind = {
    async link(id: string) {
      asked.push(`link ${id}`);
      return { path: `/${id}?${asked.length}` };
    },
    async thumbnail(id: string, shown?: ArtifactView) {
      asked.push(`thumbnail ${id}`);
      if (id === "gone") throw new Error("away");
      return shown?.width === undefined ? undefined : Buffer.from(id);
    },
  } as unknown as Door;
  return { door: rememberingDoor(behind, () => now), asked, later: (ms: number) => (now += ms) };
}

it("a preview is asked for once, by what is in the file", async () => {
  const { door: remembering, asked } = door();
  for (let times = 0; times < 3; times++) expect(String(await remembering.thumbnail("a", file("a")))).toBe("a");
  expect(String(await remembering.thumbnail("copy", file("copy", { sha256: "sha of a" })))).toBe("a");
  expect(asked).toEqual(["thumbnail a"]);
});

it("neither a failure nor what is no picture is kept", async () => {
  const { door: remembering, asked } = door();
  const { width: _width, height: _height, ...song } = file("song");
  for (let times = 0; times < 2; times++) {
    await expect(remembering.thumbnail("gone", file("gone"))).rejects.toThrow("away");
    expect(await remembering.thumbnail("song", song)).toBeUndefined();
  }
  expect(asked).toEqual(["thumbnail gone", "thumbnail song", "thumbnail gone", "thumbnail song"]);
});

it("a link is asked for again after a minute, long before it ends", async () => {
  const { door: remembering, asked, later } = door();
  const first = await remembering.link("a");
  later(59_999);
  expect(await remembering.link("a")).toEqual(first);
  later(1);
  expect(await remembering.link("a")).not.toEqual(first);
  expect(asked).toEqual(["link a", "link a"]);
});
