/** Tells when a response's body has been sent, or its reader has gone. */
import { isWhole } from "./in-one-piece.ts";

/** The same response; `done` is called once, at the end of its body. */
export function whenEnded(response: Response, done: () => void): Response {
  if (isWhole(response) || !response.body) {
    done();
    return response;
  }
  const reader = response.body.getReader();
  let told = false;
  const once = (): void => {
    if (!told) done();
    told = true;
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done: ended, value } = await reader.read();
        if (!ended) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      once();
    },
    async cancel(reason) {
      once();
      await reader.cancel(reason);
    },
  });
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}
