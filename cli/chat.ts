/** `myspinbot chat "…"`: one turn, then the exit code. */
import type { Client } from "../core/client.ts";
import { Failure, toFailure } from "../core/failure.ts";
import { attachFile } from "./attach.ts";
import type { Conversations } from "./conversation.ts";
import { plainLine } from "./plain.ts";
import { checkFolder } from "./save.ts";
import { createTerminal, type Output } from "./terminal.ts";
import { failureText, runTurn } from "./turn.ts";

export interface ChatOptions {
  /** Continues this conversation. */
  conversation?: string;
  /** Starts a new one. Without either the last one is continued if it is younger than 12 hours. */
  fresh?: boolean;
  conversations?: Conversations;
  /** Local files, uploaded first. */
  attach?: readonly string[];
  /** Folder for results, made when the first one comes. */
  out: string;
  json?: boolean;
  stdout: Output;
  stderr: Output;
  isTTY: boolean;
  signal?: AbortSignal;
}

/** @returns the exit code: 0; 1 when anything failed or was canceled; 130 when following was stopped. */
export async function chatOnce(client: Client, text: string, options: ChatOptions): Promise<number> {
  const { conversations } = options;
  const terminal = createTerminal(options.stdout, options.stderr, options.isTTY && !options.json);
  try {
    if (!text.trim())
      throw new Failure("invalid_input", 'There is nothing to do: say what you want, such as myspinbot chat "draw a red fox".');
    await checkFolder(options.out);
    const conversation = options.conversation ?? (options.fresh ? undefined : await conversations?.last());
    if (!options.json)
      terminal.line(conversation ? `Conversation ${plainLine(conversation)} (--new starts another one)` : "New conversation");
    const attachments: string[] = [];
    for (const path of options.attach ?? []) {
      const artifact = await attachFile(client, path);
      attachments.push(artifact.id);
      if (!options.json) terminal.line(`Attached ${plainLine(artifact.name)} (${plainLine(artifact.id, 40)})`);
    }
    const result = await runTurn(
      client,
      { text, ...(conversation ? { conversation } : {}), ...(attachments.length ? { attachments } : {}) },
      {
        terminal,
        out: options.out,
        json: options.json ?? false,
        ...(options.signal ? { signal: options.signal } : {}),
        ...(conversations ? { onConversation: (id) => conversations.remember(id) } : {}),
      },
    );
    if (result.asked && !options.json) terminal.line('Answer with: myspinbot chat "yes"   or: myspinbot chat "no"');
    return result.code;
  } catch (error) {
    const view = toFailure(error).view();
    if (options.json) terminal.line(JSON.stringify({ type: "error", error: view }));
    else terminal.error(`error: ${failureText(view)}`);
    return 1;
  }
}
