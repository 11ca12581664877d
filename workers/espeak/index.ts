/** espeak-ng for whoever needs speech without any model. */
export { createEspeak, type Espeak } from "./espeak.ts";
