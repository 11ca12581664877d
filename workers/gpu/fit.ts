/** Whether a job's model fits into what is free. Pure. */
import { type Look, sumGb } from "./look.ts";

/** GB that the desktop and the driver keep. */
export const reserveGb = 1;

/** Of a family that is loaded, the part that its engine gives back between two jobs: what it works in. */
const working = 1 / 3;

export interface Wanted {
  vramGb: number;
  /** Its engine has it loaded already, as far as we know. */
  loaded: boolean;
  /** GB by our own account: of other engines, and of this engine's other families. */
  othersGb: number;
  besideGb: number;
  /** GB of chat models that are let onto the card, loaded or about to be. */
  turnsGb: number;
  /** GB that may be used at most, whatever is there. */
  limitGb: number;
}

const usableGb = (look: Look, limitGb: number) => Math.min(look.totalGb ?? limitGb, limitGb);
const chatGb = (look: Look, turnsGb: number) => Math.max(sumGb(look.chat), turnsGb);
const needGb = ({ loaded, vramGb }: Wanted) => (loaded ? vramGb * working : vramGb + reserveGb);

/** On this card it never fits as a whole, whoever gives way: its engine moves parts of it out, slowly. */
export function neverFits(look: Look, { vramGb, limitGb }: Wanted): boolean {
  return usableGb(look, limitGb) < vramGb + reserveGb;
}

/** What this engine's other families keep between two jobs, if it has not unloaded them to make room for itself. */
const keptBeside = ({ besideGb }: Wanted) => besideGb * (1 - working);

/** By what is measured, and by the sum of what is known: memory of a model that is being loaded is told of before it is taken. */
export function fits(look: Look, wanted: Wanted): boolean {
  const { vramGb, othersGb, turnsGb, limitGb, loaded } = wanted;
  const chat = chatGb(look, turnsGb);
  if (look.freeGb === undefined) return loaded && othersGb === 0 && chat === 0;
  const coming = Math.max(0, turnsGb - sumGb(look.chat));
  if (Math.min(look.freeGb, limitGb) - coming < needGb(wanted)) return false;
  const known = othersGb + vramGb + reserveGb + (chat > 0 ? chat + keptBeside(wanted) : 0);
  return known <= usableGb(look, limitGb);
}

/** GB that a chat model may have beside the job, its own included where it is loaded. 0 where nobody tells what is free. */
export function spareGb(look: Look, wanted: Wanted): number {
  if (look.freeGb === undefined) return 0;
  const measured = look.freeGb - look.keptGb + sumGb(look.chat) - needGb(wanted) - (wanted.loaded ? reserveGb : 0);
  const known = usableGb(look, wanted.limitGb) - wanted.othersGb - keptBeside(wanted) - wanted.vramGb - reserveGb;
  return Math.max(0, Math.min(measured, known));
}

/** GB that are taken and that nobody we know holds, beyond what a desktop takes. */
export function strangersGb(look: Look, knownGb: number): number {
  if (look.freeGb === undefined || look.totalGb === undefined) return 0;
  return Math.max(0, look.totalGb - look.freeGb - sumGb(look.chat) - knownGb - reserveGb);
}
