/** Links to the page of one approval, and the token of its form. A link shows the question; only the form, from the page itself, takes an answer. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Approval } from "./approval.ts";

type Named = Pick<Approval, "id" | "principal" | "expiresAt">;

export interface ApprovalLinks {
  /** Good as long as the question itself: a person may see it hours later. */
  path(approval: Named): string;
  /** Whether `ticket` is the one of this approval's own link. */
  opens(approval: Named | undefined, ticket: string): boolean;
  /** A token for one form: an hour, this approval, and not a link. */
  form(approval: Named): string;
  takes(approval: Named, token: string): boolean;
}

/** Seconds that a form may lie open before it is sent. */
const longestForm = 3600;

/** What an unknown id is compared with, so that it costs the same. */
const nobody: Named = { id: "", principal: "", expiresAt: new Date(0) };

export function createApprovalLinks({ secret, now = Date.now }: { secret: Uint8Array; now?: () => number }): ApprovalLinks {
  // JSON: no id can reach over into its neighbour
  const sign = (...what: (string | number)[]): string => createHmac("sha256", secret).update(JSON.stringify(what)).digest("base64url");
  const ticketOf = ({ id, principal, expiresAt }: Named): string => sign("approve", id, principal, expiresAt.getTime());
  const formOf = ({ id, principal }: Named, at: string): string => sign("answer", id, principal, at);
  const same = (given: string, wanted: string): boolean => {
    const known = /^[\w-]{43}$/.test(given);
    return timingSafeEqual(Buffer.from(known ? given : wanted), Buffer.from(wanted)) && known;
  };
  return {
    path: (approval) => `/approve/${approval.id}?t=${ticketOf(approval)}`,
    opens: (approval, ticket) => same(ticket, ticketOf(approval ?? nobody)) && approval !== undefined,
    form(approval) {
      const at = `${Math.floor(now() / 1000)}`;
      return `${at}.${formOf(approval, at)}`;
    },
    takes(approval, token) {
      const [at = "", signature = ""] = token.split(".");
      const age = /^\d{1,12}$/.test(at) ? now() / 1000 - Number(at) : Number.POSITIVE_INFINITY;
      return same(signature, formOf(approval, at)) && age >= -60 && age <= longestForm;
    },
  };
}
