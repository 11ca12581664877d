/** A node stream as a response body: the source is read only as fast as the reader takes it, and closed when the reader goes. */
import type { Readable } from "node:stream";

/** Bytes read ahead of the reader. */
const ahead = 1 << 20;

/**
 * @param bytes what was promised in Content-Length.
 * @param broken told when the source fails or ends early. True: it broke the connection off, the only way to tell the reader once the headers are sent.
 */
export function streamBody(source: Readable, bytes: number, broken: (error: unknown) => boolean): ReadableStream<Uint8Array> {
  let sent = 0;
  let over = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: unknown): void => {
          if (over) return;
          over = true;
          source.destroy();
          // after a broken connection nobody reads; an error on the stream would only be printed by the server's library
          if (!broken(error)) controller.error(error);
        };
        source.pause();
        source.on("data", (chunk: Uint8Array) => {
          if (over) return;
          sent += chunk.length;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) source.pause();
        });
        source.on("error", fail);
        source.on("close", () => fail(new Error("the file's stream was closed early")));
        source.on("end", () => {
          if (over) return;
          if (sent !== bytes) return fail(new Error(`the stored file has ${sent} bytes where ${bytes} are recorded`));
          over = true;
          controller.close();
        });
      },
      pull: () => void source.resume(),
      cancel() {
        over = true;
        source.destroy();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: ahead }),
  );
}
