/** What is behind, in words and as an exit code. */
import type { Pin } from "./behind-images.ts";
import { type Registry, reasonOf } from "./behind-registry.ts";
import { type Newer, newerThan } from "./behind-versions.ts";

export interface Finding extends Newer {
  image: string;
  tag: string;
  files: string[];
  /** Why it could not be looked at. */
  failed?: string;
  /** The tag is no longer in the registry. */
  gone?: boolean;
  /** What the tag points to now, where that is not the pinned digest or none is pinned. */
  digest?: string;
  /** Another build stands behind the pinned tag. */
  rebuilt?: boolean;
}

async function look(pin: Pin, registry: Registry): Promise<Finding> {
  const finding = { image: `${pin.host}/${pin.repository}`, tag: pin.tag, files: pin.files };
  try {
    const tags = await registry.tags(pin.host, pin.repository);
    const newer = newerThan(pin.tag, tags);
    if (!tags.includes(pin.tag)) return { ...finding, ...newer, gone: true };
    const digest = await registry.digest(pin.host, pin.repository, pin.tag);
    if (!digest || digest === pin.digest) return { ...finding, ...newer };
    return { ...finding, ...newer, digest, ...(pin.digest ? { rebuilt: true } : {}) };
  } catch (error) {
    return { ...finding, failed: reasonOf(error) };
  }
}

/** One after the other: registries count requests. */
export async function lookAtAll(pins: readonly Pin[], registry: Registry, said: (finding: Finding) => void = () => {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const pin of pins) {
    const finding = await look(pin, registry);
    findings.push(finding);
    said(finding);
  }
  return findings;
}

export function inWords({ image, tag, failed, gone, within, major, digest, rebuilt, files }: Finding): string {
  const name = `${image}:${tag}`;
  if (failed) return `?  ${name}: could not be asked, ${failed}`;
  const words = [
    gone ? "the registry has no such tag any more" : "",
    within ? `behind, ${within} is there` : "",
    major ? `${major} is a new major version` : "",
    rebuilt ? `was built again, now @${digest}` : "",
    digest && !rebuilt ? `has no digest here, it is @${digest}` : "",
  ].filter(Boolean);
  const where = words.length ? `  (${files.join(", ")})` : "";
  return `${within || gone || rebuilt ? "-" : " "}  ${name}: ${words.join("; ") || "newest"}${where}`;
}

/** 0 nothing is behind, 1 something is, 2 nothing is as far as could be asked. */
export function exitCode(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ within, gone, rebuilt }) => within || gone || rebuilt)) return 1;
  return findings.some(({ failed }) => failed) ? 2 : 0;
}

export function summary(findings: readonly Finding[]): string {
  const failed = findings.filter((each) => each.failed).length;
  if (failed === findings.length && failed > 0)
    return "No registry could be asked, so nothing was compared. This needs the internet, without an account; through a mirror by --via HOST=ADDRESS.";
  const behind = findings.filter(({ within, gone, rebuilt }) => within || gone || rebuilt).length;
  const majors = findings.filter(({ major }) => major).length;
  return [
    `${behind} of ${findings.length - failed} images are behind`,
    majors ? `${majors} have a new major version` : "",
    failed ? `${failed} could not be asked` : "",
  ]
    .filter(Boolean)
    .join(", ")
    .concat(". How to upgrade: compose/versions.md.");
}
