/** An answer that is there at once is sent as one piece: an event stream costs a write for its headers, one for each event, and one for its end. */

/** Milliseconds for which a stream is held back to see whether it ends. Progress and questions of a longer call come so much later, once. */
const patienceMs = 50;

/** True for a response whose body is all there: nothing follows that could be waited for, or cut. */
export function isWhole(response: Response): boolean {
  return response.headers.has("content-length");
}

function joined(response: Response, chunks: readonly Uint8Array[]): Response {
  const body = Buffer.concat(chunks);
  const headers = new Headers(response.headers);
  headers.set("content-length", `${body.length}`);
  return new Response(body, { status: response.status, headers });
}

/** The same response: whole where its stream ends within `ms`, else the stream with what it has said already at its head. */
export async function inOnePiece(response: Response, ms = patienceMs): Promise<Response> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) return response;
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  let next = reader.read();
  try {
    for (let read = await Promise.race([next, late]); read; read = await Promise.race([next, late])) {
      if (read.done) return joined(response, chunks);
      chunks.push(read.value);
      next = reader.read();
    }
  } finally {
    clearTimeout(timer);
  }
  // told to whoever reads on; nobody may be reading yet
  next.catch(() => undefined);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    async pull(controller) {
      const { done, value } = await next;
      if (done) return controller.close();
      next = reader.read();
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
