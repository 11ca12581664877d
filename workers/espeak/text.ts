/** Text as espeak-ng is given it: words to be read, and nothing that it would obey. */

/** Control characters begin commands of its own (Ctrl-A and digits change rate, pitch and voice); line ends are kept, they are pauses. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const commands = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export function plainText(text: string): string {
  return text.normalize("NFC").replace(commands, " ");
}
