/** One service, asked in JSON. */

export interface Answer {
  status: number;
  body: unknown;
}

export const field = (value: unknown, name: string): unknown => (value as Record<string, unknown> | null | undefined)?.[name];

export class Connection {
  readonly url: string;
  private readonly name: string;

  /** @param name as it is called in an error. */
  constructor(url: string, name: string) {
    this.url = url.replace(/\/+$/, "");
    this.name = name;
  }

  /** Error with the cause, where nobody answers. */
  async ask(method: "GET" | "POST", path: string, token: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    }).catch((error: unknown) => {
      const why = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
      throw new Error(`${this.name} does not answer at ${this.url} (${why}); it is tried again.`);
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: undefined };
    }
  }

  /** The body of a 200 or 201; anything else is told. */
  async must(method: "GET" | "POST", path: string, token: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, token, body);
    if (answer.status === 200 || answer.status === 201) return answer.body;
    const detail = field(answer.body, "detail") ?? field(field(answer.body, "error"), "message");
    throw new Error(`${this.name} refused ${method} ${path}: ${answer.status}${typeof detail === "string" ? ` ${detail}` : ""}`);
  }
}
