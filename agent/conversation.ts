/** Where a conversation is kept: everybody has their own, so that another's name for one is answered as any unknown name, with a new one. */
import type { TurnRequest } from "../core/chat.ts";
import { localPrincipal } from "../core/principal.ts";

/** Neither part can hold the space between them. The local person's stand under their plain name, as before there were others. */
export function threadOf({ principal, conversation }: Pick<TurnRequest, "principal" | "conversation">): string {
  return principal.id === localPrincipal.id ? conversation : `${principal.id} ${conversation}`;
}
