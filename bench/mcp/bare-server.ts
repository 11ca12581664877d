/** Three tools over one open socket to ComfyUI: submit, look, and wait for the picture. */
import { randomInt, randomUUID } from "node:crypto";
import { McpServer } from "@modelcontextprotocol/server";
import { WebSocket } from "ws";
import { z } from "zod";
import { graph } from "../graph.ts";

export interface Comfyui {
  submit(side: number, steps: number): Promise<string>;
  done(id: string): boolean;
  picture(id: string): Promise<Buffer>;
}

type File = { filename: string; subfolder: string; type: string };

export async function connectComfyui(url: string): Promise<Comfyui> {
  const client_id = randomUUID();
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws?clientId=${client_id}`);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const files = new Map<string, File>();
  const ends = new Map<string, { end: Promise<void>; tell(): void; over: boolean }>();
  socket.on("message", (raw, binary) => {
    if (binary) return;
    const { type, data } = JSON.parse(String(raw)) as { type: string; data: { prompt_id: string; output?: { images?: File[] } } };
    const [file] = data.output?.images ?? [];
    if (type === "executed" && file) files.set(data.prompt_id, file);
    if (type === "execution_success") ends.get(data.prompt_id)?.tell();
  });
  return {
    async submit(side, steps) {
      const prompt_id = randomUUID();
      const entry = { end: Promise.resolve(), tell() {}, over: false };
      entry.end = new Promise<void>((resolve) => {
        entry.tell = () => {
          entry.over = true;
          resolve();
        };
      });
      ends.set(prompt_id, entry);
      const body = JSON.stringify({ prompt: graph(randomInt(2 ** 40), { side, steps }), client_id, prompt_id });
      const asked = await fetch(`${url}/prompt`, { method: "POST", body, headers: { "content-type": "application/json" } });
      if (!asked.ok) throw new Error(`ComfyUI said ${asked.status}: ${await asked.text()}`);
      await asked.arrayBuffer();
      return prompt_id;
    },
    done: (id) => ends.get(id)?.over ?? false,
    async picture(id) {
      await ends.get(id)?.end;
      const file = files.get(id);
      if (!file) throw new Error("no picture came");
      return Buffer.from(await (await fetch(`${url}/view?${new URLSearchParams({ ...file })}`)).arrayBuffer());
    },
  };
}

export function bareServer(comfyui: Comfyui): McpServer {
  const mcp = new McpServer({ name: "bare", version: "1" });
  const id = z.object({ id: z.string().describe("Id that submit gave.") });
  mcp.registerTool(
    "submit",
    {
      description: "Renders a picture; gives its id at once.",
      inputSchema: z.object({ side: z.number().describe("Pixels of a side."), steps: z.number().describe("Sampling steps.") }),
    },
    async ({ side, steps }) => ({ content: [{ type: "text", text: await comfyui.submit(side, steps) }] }),
  );
  mcp.registerTool("look", { description: "Whether it is done.", inputSchema: id }, async (asked) => ({
    content: [{ type: "text", text: comfyui.done(asked.id) ? "done" : "not done" }],
  }));
  mcp.registerTool("wait", { description: "Waits for the picture.", inputSchema: id }, async (asked) => ({
    content: [{ type: "image", mimeType: "image/png", data: (await comfyui.picture(asked.id)).toString("base64") }],
  }));
  return mcp;
}
