/** The whole catalogue goes into the context of every model that uses it over MCP: it stays small. */
import { afterEach, expect, it } from "vitest";
import { silentLog } from "../core/log.ts";
import { createTools } from "../tools/index.ts";
import { studioDoor } from "./door.ts";
import { createMcpHttp, type McpHttp } from "./http.ts";
import { answer, modern } from "./testing/raw.ts";
import { scriptedStudio } from "./testing/scripted-studio.ts";

const most = 20_000;

let mcp: McpHttp;
afterEach(() => mcp.close());

it("tools/list is at most 20 kB with every tool of the product", async () => {
  const studio = scriptedStudio();
  mcp = createMcpHttp({ door: (principal) => studioDoor(studio, principal), version: "1", log: silentLog });
  const response = await mcp.handle(modern("tools/list", {}), { id: "ann" });
  const text = await response.clone().text();
  const { result } = await answer(response);
  const tools = result?.["tools"] as { name: string }[];
  expect(tools.map(({ name }) => name).sort()).toEqual(
    createTools()
      .map(({ name }) => name)
      .sort(),
  );
  const sizes = tools.map((tool) => `${tool.name} ${JSON.stringify(tool).length}`).join(", ");
  expect(Buffer.byteLength(text), sizes).toBeLessThanOrEqual(most);
});
