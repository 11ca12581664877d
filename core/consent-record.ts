/** The record of a consent, from the answer that a person gave; there is no other way to one. */
import type { Approval } from "./approval.ts";
import type { Consent, ConsentWish } from "./consent.ts";
import { Failure } from "./failure.ts";

/** Failure `consent_required` where nobody has said yes to it. */
export function consentOf(wish: ConsentWish, granted: Approval | undefined): Consent {
  const { answer, origin } = granted ?? {};
  if (!granted || !answer || !origin)
    throw new Failure(
      "consent_required",
      `The ${wish.subject} of ${wish.person} is used only when a person has agreed. Ask for it again, and answer the question.`,
    );
  const { conversation, message, face } = origin;
  return {
    ...wish,
    ...{ approval: granted.id, at: answer.at.toISOString(), by: answer.by, how: answer.how, face },
    ...(conversation !== undefined ? { conversation } : {}),
    ...(message !== undefined ? { message } : {}),
  };
}
