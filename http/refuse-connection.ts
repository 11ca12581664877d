/** An answer in our own form to what never became a request. */
import type { Socket } from "node:net";
import { Failure } from "../core/failure.ts";

/** For bad HTTP, and for headers that are too long or too slow. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, failure]: [string, Failure] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? // nothing of it was done: whoever was cut off for a while may simply try again
        ["408 Request Timeout", new Failure("timeout", "The request headers did not arrive in time. Send it again.", { retryable: true })]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", new Failure("invalid_input", "The request headers are too long.")]
        : ["400 Bad Request", new Failure("invalid_input", "This is not a valid HTTP request.")];
  const body = JSON.stringify({ error: failure.view() });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
