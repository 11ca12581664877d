/** An answer in our own form to what never became a request. */
import type { Socket } from "node:net";
import { Failure } from "../core/failure.ts";

/** For bad HTTP, and for headers that are too long or too slow. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, message] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? ["408 Request Timeout", "The request headers did not arrive in time."]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", "The request headers are too long."]
        : ["400 Bad Request", "This is not a valid HTTP request."];
  const body = JSON.stringify({ error: new Failure("invalid_input", message).view() });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
