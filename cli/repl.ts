/** `myspinbot chat` without words: a conversation line by line. Ctrl-C during a turn stops following it; Ctrl-D or /quit leaves. */
import { readFile, writeFile } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline";
import type { Client, ToolView } from "../core/client.ts";
import { toFailure } from "../core/failure.ts";
import { attachFile } from "./attach.ts";
import type { Conversations } from "./conversation.ts";
import { createLines } from "./lines.ts";
import { plainLine } from "./plain.ts";
import { checkFolder } from "./save.ts";
import { createTerminal, type Output, type Terminal } from "./terminal.ts";
import { failureText, runTurn } from "./turn.ts";

export interface ReplOptions {
  input: NodeJS.ReadableStream;
  stdout: Output & NodeJS.WritableStream;
  stderr: Output;
  isTTY: boolean;
  out: string;
  conversation?: string;
  fresh?: boolean;
  conversations?: Conversations;
  /** Local files that go with the first message. */
  attach?: readonly string[];
  /** Where the lines typed are kept for the arrow keys; private. */
  historyFile?: string;
}

const keptLines = 500;

const ownHelp = [
  ["/attach FILE", "sends a picture with the next message"],
  ["/new", "starts another conversation"],
  ["/help", "this list"],
  ["/quit", "leaves; jobs go on"],
] as const;

function helpText(tools: ToolView[]): string {
  const rows = [...tools.map((tool) => [`/${plainLine(tool.alias, 30)}`, plainLine(tool.title)] as const), ...ownHelp];
  const width = Math.max(...rows.map(([command]) => command.length));
  return [
    "Say what you want in your own words, or use a command:",
    ...rows.map(([command, text]) => `  ${command.padEnd(width)}  ${text}`),
  ].join("\n");
}

/** @returns the exit code: 0, or 1 when input that is no terminal (a script) met a failure. */
export async function repl(client: Client, options: ReplOptions): Promise<number> {
  const terminal = createTerminal(options.stdout, options.stderr, options.isTTY);
  await checkFolder(options.out);
  const history = options.historyFile ? (await readFile(options.historyFile, "utf8").catch(() => "")).split("\n").filter(Boolean) : [];
  const reader = createInterface({
    input: options.input,
    ...(options.isTTY ? { output: options.stdout } : {}),
    terminal: options.isTTY,
    history: [...history].reverse(),
    historySize: keptLines,
    prompt: "› ",
  });
  const session = new Session(client, options, terminal, reader);
  try {
    return await session.run(history);
  } finally {
    reader.close();
    if (options.historyFile)
      await writeFile(options.historyFile, `${history.slice(-keptLines).join("\n")}\n`, { mode: 0o600 }).catch(() => undefined);
  }
}

class Session {
  #client: Client;
  #options: ReplOptions;
  #terminal: Terminal;
  #reader: Interface;
  #conversation: string | undefined;
  #attachments: string[] = [];
  /** The turn that is being followed. */
  #turn: AbortController | undefined;
  #code = 0;

  constructor(client: Client, options: ReplOptions, terminal: Terminal, reader: Interface) {
    this.#client = client;
    this.#options = options;
    this.#terminal = terminal;
    this.#reader = reader;
  }

  async run(history: string[]): Promise<number> {
    const { conversation, fresh, conversations, isTTY } = this.#options;
    // before anything is waited for: lines that come meanwhile would be lost
    const lines = createLines(this.#reader);
    this.#conversation = conversation ?? (fresh ? undefined : await conversations?.last());
    this.#reader.on("SIGINT", () => (this.#turn ? this.#turn.abort() : this.#terminal.line("(/quit or Ctrl-D leaves)")));
    this.#terminal.line(
      this.#conversation
        ? `Conversation ${plainLine(this.#conversation)} goes on (/new starts another one)`
        : "New conversation (/help lists the commands)",
    );
    for (const path of this.#options.attach ?? []) await this.#attach(path);
    for (;;) {
      if (isTTY) this.#reader.prompt();
      const line = (await lines.next())?.trim();
      if (line === undefined || line === "/quit" || line === "/exit") return isTTY ? 0 : this.#code;
      if (!line) continue;
      history.push(line);
      try {
        await this.#take(line);
      } catch (error) {
        this.#code = 1;
        this.#terminal.error(`error: ${failureText(toFailure(error).view())}`);
      }
    }
  }

  async #take(line: string): Promise<void> {
    if (line === "/help") return this.#terminal.line(helpText(await this.#client.tools()));
    if (line === "/new") {
      this.#conversation = undefined;
      return this.#terminal.line("New conversation");
    }
    if (line === "/attach" || line.startsWith("/attach ")) {
      return this.#attach(line.slice(8).trim());
    }
    await this.#say(line);
  }

  async #attach(path: string): Promise<void> {
    const artifact = await attachFile(this.#client, path);
    this.#attachments.push(artifact.id);
    this.#terminal.line(`Attached ${plainLine(artifact.name)}; it goes with your next message`);
  }

  async #say(text: string): Promise<void> {
    this.#turn = new AbortController();
    try {
      const attachments = this.#attachments;
      this.#attachments = [];
      const result = await runTurn(
        this.#client,
        { text, ...(this.#conversation ? { conversation: this.#conversation } : {}), ...(attachments.length ? { attachments } : {}) },
        {
          terminal: this.#terminal,
          out: this.#options.out,
          signal: this.#turn.signal,
          onConversation: async (id) => {
            this.#conversation = id;
            await this.#options.conversations?.remember(id);
          },
        },
      );
      if (result.code === 1) this.#code = 1;
    } finally {
      this.#turn = undefined;
    }
  }
}
