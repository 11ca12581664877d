/** Approvals at rest. Every change is a compare-and-set on the row; PostgreSQL is the adapter. */
import type { Approval, ApprovalAnswer } from "../approval.ts";

/** One call of an approval: what an accepted job uses up, in the same transaction. */
export interface ApprovalRef {
  id: string;
  /** Place among its calls. */
  call: number;
}

export interface ApprovalStore {
  /**
   * The live one (open or approved, and not over) of this principal about the same; this one where there is none, whoever asks at once.
   * A chat message asks once: what was used or declined for it is found again, too.
   * Failure `limit_exceeded` where the principal has `mostOpen` open ones already.
   */
  ask(approval: Approval, mostOpen: number): Promise<Approval>;
  /** Undefined = none that is live. */
  live(principal: string, about: string): Promise<Approval | undefined>;
  /** Anybody's: the caller looks at the principal. */
  get(id: string): Promise<Approval | undefined>;
  /** Newest first. */
  list(principal: string, options: { open: boolean; limit: number }): Promise<Approval[]>;
  /** Open → approved or declined; approved and wholly unused → declined. `changed` is false where it was no such step. Undefined = unknown. */
  answer(id: string, yes: boolean, answer: ApprovalAnswer): Promise<{ approval: Approval; changed: boolean } | undefined>;
  /** Open or approved → expired: what would run is not what was shown any more. */
  expire(id: string): Promise<void>;
  /** Uses up one call for what makes no job: who has it now, `by` or whoever was before. Failure `conflict` where there is no yes to use. */
  use(principal: string, ref: ApprovalRef, by: string): Promise<string>;
}
