/** When a clone is the voice that it was cloned from, and when the measure itself can be trusted. Figures are cosines, 1 = the same. */

/**
 * Speakers are held for the same from `same` on. Two of espeak-ng's are less unlike than two people (0.66 and more, people 0.65 and less), so that the measure is asked for a gap
 * between the same and different ones instead of an upper bound.
 */
const gates = { same: 0.75, gap: 0.15 } as const;

export interface CloneFigures {
  /** The clone against the recording that it was made from. */
  own: number;
  /** The clone against each stranger. */
  strangers: readonly number[];
}

/** Why the clone is not the voice; undefined where it is. */
export function cloneFault({ own, strangers }: CloneFigures): string | undefined {
  if (strangers.length < 2) return `only ${strangers.length} strangers were measured, two are needed`;
  const nearest = Math.max(...strangers);
  if (own <= nearest) return `the clone is nearer to a stranger (${nearest.toFixed(3)}) than to its own recording (${own.toFixed(3)})`;
  if (own < gates.same) return `the clone is at ${own.toFixed(3)} of its recording; ${gates.same} are asked for`;
  return undefined;
}

export interface MeasureFigures {
  /** The same voice with other words. */
  same: readonly number[];
  /** A man's against a woman's. */
  different: readonly number[];
}

/** Why the measure cannot be trusted; undefined where it can. */
export function measureFault({ same, different }: MeasureFigures): string | undefined {
  const [least, most] = [Math.min(...same), Math.max(...different)];
  if (least < gates.same) return `the same voice with other words was measured at ${least.toFixed(3)}, below ${gates.same}`;
  if (least - most < gates.gap)
    return `a man's and a woman's voice were measured at ${most.toFixed(3)}, less than ${gates.gap} below the same voice with other words (${least.toFixed(3)})`;
  return undefined;
}
