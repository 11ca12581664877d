/** Which prompts this studio offers now: those whose tools its catalogue has. */
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import type { ToolList } from "../list-tools.ts";
import { prompts } from "./index.ts";
import type { StudioPrompt } from "./prompt.ts";

export interface PromptArgument {
  name: string;
  title: string;
  description: string;
  required: boolean;
  /** All there are, where that is a fixed list. */
  values?: readonly string[];
}

const made = new WeakMap<StudioPrompt, readonly PromptArgument[]>();

/** As the prompt's schema says them. Made once a prompt: they are asked for with every letter that is typed. */
export function argumentsOf(prompt: StudioPrompt): readonly PromptArgument[] {
  const known = made.get(prompt);
  if (known) return known;
  const { properties = {}, required = [] } = z.toJSONSchema(prompt.args, { io: "input" }) as {
    properties?: Record<string, { title?: string; description?: string; enum?: string[] }>;
    required?: string[];
  };
  const list = Object.entries(properties).map(([name, { title = name, description = "", enum: values }]) => ({
    ...{ name, title, description, required: required.includes(name) },
    ...(values ? { values } : {}),
  }));
  made.set(prompt, list);
  return list;
}

export interface Offer {
  list(): Promise<readonly StudioPrompt[]>;
  /** Throws for one that is not offered, saying why. */
  find(name: string): Promise<StudioPrompt>;
}

export function createOffer(tools: Pick<ToolList, "refresh">): Offer {
  const lacking = async (): Promise<(prompt: StudioPrompt) => string[]> => {
    const names = new Set((await tools.refresh()).map((tool) => tool.name));
    return ({ needs }) => needs.filter((name) => !names.has(name));
  };
  return {
    async list() {
      const lacks = await lacking();
      return prompts.filter((prompt) => lacks(prompt).length === 0);
    },
    async find(name) {
      const lacks = await lacking();
      const prompt = prompts.find((one) => one.name === name);
      const missing = prompt ? lacks(prompt) : [];
      if (prompt && missing.length === 0) return prompt;
      const offered = prompts.filter((one) => lacks(one).length === 0).map((one) => one.name);
      const near = nearest(name, offered);
      const why = prompt
        ? `The prompt ${name} needs tools that this studio does not have: ${missing.join(", ")}.`
        : `There is no prompt "${name.slice(0, 60)}".${near ? ` Did you mean ${near}?` : ""}`;
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${why} There are: ${offered.join(", ") || "none"}.`);
    },
  };
}
