/** What the set-up does in Open WebUI as its administrator. */
import { type Connection, field } from "./connection.ts";

const id = "myspinbot";
const functionPath = `/api/v1/functions/id/${id}`;
const toolsPath = "/api/v1/configs/tool_servers";

/** As Open WebUI 0.12 keeps it; every person may use it, and is known by the token that Open WebUI signs. */
function connection(url: string, key: string) {
  const everybody = [{ principal_type: "user", principal_id: "*", permission: "read" }];
  return {
    ...{ url, path: "", type: "mcp", auth_type: "bearer", key },
    config: { enable: true, function_name_filter_list: "", access_grants: everybody },
    info: { id, name: "MySpinBot", description: "Pictures, videos, voices and trainings of your own studio" },
  };
}

export class OpenWebUiAdmin {
  readonly web: Connection;
  token = "";

  constructor(web: Connection) {
    this.web = web;
  }

  async signIn(email: string, password: string): Promise<void> {
    const answer = await this.web.ask("POST", "/api/v1/auths/signin", "", { email, password });
    const token = field(answer.body, "token");
    if (typeof token !== "string")
      throw new Error(
        `Open WebUI does not let ${email} in (${answer.status}). Its first start makes this account; where the password was changed in Open WebUI, write the new one into compose/secrets/openwebui_admin_password.`,
      );
    this.token = token;
  }

  /** The key that our function uses already; undefined where it is not there. */
  async installedKey(): Promise<string | undefined> {
    const valves = await this.web.ask("GET", `${functionPath}/valves`, this.token);
    const key = valves.status === 200 ? field(valves.body, "KEY") : undefined;
    return typeof key === "string" && key !== "" ? key : undefined;
  }

  /** What else is connected stays as it is. */
  async connectTools(ours: { url: string; key: string }): Promise<"kept" | "set"> {
    const body = await this.web.must("GET", toolsPath, this.token);
    const connected = (field(body, "TOOL_SERVER_CONNECTIONS") as Record<string, unknown>[] | null) ?? [];
    const isOurs = (one: Record<string, unknown>) => field(one["info"], "id") === id;
    const old = connected.find(isOurs);
    if (old?.["url"] === ours.url && old["key"] === ours.key) return "kept";
    // what a person changed in it (who may use it, which tools) stays
    const fresh = connection(ours.url, ours.key);
    const next = old ? { ...old, url: ours.url, key: ours.key } : fresh;
    await this.web.must("POST", toolsPath, this.token, { TOOL_SERVER_CONNECTIONS: [...connected.filter((one) => !isOurs(one)), next] });
    return "set";
  }
}
