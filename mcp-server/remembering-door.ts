/** A door to a studio in another process that does not ask twice for what was answered a moment ago. */

import type { LinkView } from "../core/client.ts";
import { createKept } from "../core/kept.ts";
import type { Door } from "./door.ts";

/** Bytes of previews: clients ask again and again how a job stands that is done, and each answer shows its pictures. */
const previewBytes = 4_000_000;
/** A link lasts a quarter of an hour and says its own end. */
const linkMs = 60_000;
const mostLinks = 200;

export function rememberingDoor(door: Door, now: () => number = Date.now): Door {
  const previews = createKept(previewBytes);
  const links = new Map<string, { link: LinkView; until: number }>();
  return {
    ...door,
    async link(id, shown) {
      const known = links.get(id);
      if (known && known.until > now()) return known.link;
      const link = await door.link(id, shown);
      links.delete(id);
      links.set(id, { link, until: now() + linkMs });
      for (const oldest of links.keys()) {
        if (links.size <= mostLinks) break;
        links.delete(oldest);
      }
      return link;
    },
    async thumbnail(id, shown) {
      // only a picture has a width, and so a preview
      if (!shown?.width) return door.thumbnail(id, shown);
      return previews.get(shown.sha256, async () => {
        const bytes = await door.thumbnail(id, shown);
        if (!bytes) throw new Error("a picture without a preview");
        return bytes;
      });
    },
  };
}
