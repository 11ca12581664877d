/** A plain yes or no to a question; anything else is no answer. */
const words: Record<"yes" | "no", RegExp> = {
  yes: /^(yes|y|yes please|yep|ok|okay|sure|do it|go ahead|ja|ja bitte|s[ií]|s[ií],? por favor)[.!]*$/i,
  no: /^(no|n|nope|no thanks|no, thanks|do not|don't|nein|nein danke|no,? gracias)[.!]*$/i,
};

export function answerOf(text: string): "yes" | "no" | undefined {
  const plain = text.trim();
  return words.yes.test(plain) ? "yes" : words.no.test(plain) ? "no" : undefined;
}
