/** An answer that does not outlive what opened it: a revoked key or an ended token cuts it within seconds. No job ends by that. */
import { unauthorized } from "./unauthorized.ts";

const everyMs = 5000;
const last = new TextEncoder().encode(": the access key was revoked, or the token has ended\n\n");

/** @param still asked now and then; a database that cannot tell takes nobody's key back. */
export async function whileStill(work: Promise<Response>, still: () => Promise<boolean>, ms = everyMs): Promise<Response> {
  let cut = (): void => undefined;
  const timer = setInterval(() => {
    still().then(
      (allowed) => {
        if (!allowed) cut();
      },
      () => undefined,
    );
  }, ms);
  timer.unref();
  const over = (): void => clearInterval(timer);

  const gone = new Promise<never>((_, reject) => {
    cut = () => {
      over();
      work.then((late) => late.body?.cancel()).catch(() => undefined);
      reject(unauthorized("The access key was revoked, or the token has ended. Jobs go on."));
    };
  });
  const response = await Promise.race([work, gone]).catch((error: unknown) => {
    over();
    throw error;
  });
  // what is all there cannot be cut any more
  if (response.headers.has("content-length") || !response.body) {
    over();
    return response;
  }
  const reader = response.body.getReader();
  const stream = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
  let closed = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      cut = () => {
        over();
        // an answer of `still` that was under way when the stream ended, or a second one
        if (closed) return;
        closed = true;
        reader.cancel().catch(() => undefined);
        if (stream) controller.enqueue(last);
        controller.close();
      };
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (closed) return;
      if (!done) return controller.enqueue(value);
      over();
      closed = true;
      controller.close();
    },
    cancel(reason) {
      over();
      closed = true;
      return reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
