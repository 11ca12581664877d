/** What goes with a stored file so that a browser shows it, keeps it, and can never run it. */
import type { Context } from "hono";
import type { Artifact } from "../core/artifact.ts";

/** What a browser shows by itself and cannot execute. An SVG or HTML file is a program: it is only ever saved. */
const shown = /^(image\/(png|jpeg|webp|gif|avif)|audio\/|video\/)/;

/** RFC 6266 with the RFC 5987 form beside a plain ASCII one. */
export function disposition(name: string, mediaType: string, save: boolean): string {
  const whole = name.replace(/[\p{Surrogate}\p{Cc}]/gu, "_");
  const ascii = whole.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(whole).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const kind = save || !shown.test(mediaType) ? "attachment" : "inline";
  return `${kind}; filename="${ascii}"${ascii === whole ? "" : `; filename*=UTF-8''${encoded}`}`;
}

/** An artifact never changes, so its digest is a strong tag and its copy is good for ever. */
export function fileHeaders(artifact: Artifact, options: { etag: string; mediaType?: string; save?: boolean }): Record<string, string> {
  const mediaType = options.mediaType ?? artifact.mediaType;
  return {
    "content-type": mediaType,
    "content-disposition": disposition(artifact.name, mediaType, options.save ?? false),
    etag: options.etag,
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "sandbox",
    "cross-origin-resource-policy": "same-site",
    "x-content-type-options": "nosniff",
  };
}

/** `?strip=1`: the file without its recipe; the mark of generated content stays. */
export function asksToStrip(c: Context): boolean {
  return ["1", "true"].includes(c.req.query("strip") ?? "");
}
