/** Keeps standard output for the protocol: whatever else writes to it, a library's greeting or a forgotten console.log, goes to standard error. */
import { Writable } from "node:stream";

/**
 * The real standard output. From now to the end of the process `process.stdout.write`, and with it every `console` method, writes to standard error. A command that
 * loads more than this module calls it first.
 */
export function claimStdout(): Writable {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout) as (chunk: Uint8Array | string, callback: (error?: Error | null) => void) => boolean;
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: Uint8Array | string, _encoding, callback) => void write(chunk, callback),
  });
  stdout.write = stderr.write.bind(stderr);
  // a client that is gone (EPIPE) ends the transport, not the process
  stdout.on("error", (error) => output.destroy(error));
  return output;
}
