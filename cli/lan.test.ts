/** `start --lan`: the names it answers to, one key for Open WebUI that is shown once, and the line to run next. */
import type { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import type { AccessKeyView } from "../core/client.ts";
import { lanNames, openToLan } from "./lan.ts";

const one = (address: string, family: "IPv4" | "IPv6", internal = false) => ({
  ...{ address, netmask: "", mac: "", internal, cidr: null },
  ...(family === "IPv4" ? { family: "IPv4" as const } : { family: "IPv6" as const, scopeid: 0 }),
});
const interfaces: ReturnType<typeof networkInterfaces> = {
  lo: [one("127.0.0.1", "IPv4", true), one("::1", "IPv6", true)],
  eth0: [one("192.168.1.5", "IPv4"), one("fd00::5", "IPv6"), one("fe80::1", "IPv6")],
  docker0: [one("172.17.0.1", "IPv4")],
};

it("answers to every address of this machine, to its name and to the names that containers have for it", () => {
  expect(lanNames(interfaces, "Studio.home")).toEqual([
    ...["192.168.1.5", "[fd00::5]", "172.17.0.1", "studio.home", "studio", "studio.local"],
    ...["host.docker.internal", "host.containers.internal"],
  ]);
});

function stage(there: AccessKeyView[]) {
  const said: string[] = [];
  const wishes: object[] = [];
  const keys = {
    list: async () => there,
    async create(wish: object) {
      wishes.push(wish);
      return { key: view, secret: "spin_secret" };
    },
  };
  const open = (more: { open?: boolean; people?: boolean } = {}) =>
    openToLan({
      ...{ keys, url: "http://127.0.0.1:4417", open: true, people: true, interfaces, hostname: "studio" },
      ...{ say: (text: string) => void said.push(text), ...more },
    }).then(() => said.join("\n"));
  return { open, wishes };
}
const view: AccessKeyView = {
  ...{ id: "key_0123456789abcdef", name: "open-webui", principal: "local", scopes: ["act-as", "jobs:read", "jobs:write"] },
  created_at: "2026-01-01T00:00:00.000Z",
};

it("makes the key that the pipe needs, and says where it is reached and what to run next", async () => {
  const { open, wishes } = stage([
    { ...view, name: "phone" },
    { ...view, revoked_at: "2026-01-02T00:00:00.000Z" },
  ]);
  const text = await open({ people: false });
  expect(wishes).toEqual([{ name: "open-webui", scopes: ["act-as", "jobs:read", "jobs:write"] }]);
  expect(text).toContain("http://192.168.1.5:4417 or http://studio:4417");
  expect(text).not.toContain("172.17.0.1");
  expect(text).toContain("npm run openwebui:install -- --url");
  expect(text).toContain("MYSPINBOT_KEY=spin_secret OPENWEBUI_PASSWORD=… npm run openwebui:install");
  expect(text).toContain("--server http://host.docker.internal:4417");
  expect(text).toContain("--add-host=host.docker.internal:host-gateway");
  expect(text).toContain("OPENWEBUI_USER_SECRET");
});

it("shows no key a second time, and says how another one is made and the old one ended", async () => {
  const { open, wishes } = stage([view]);
  const text = await open();
  expect(wishes).toEqual([]);
  expect(text).not.toMatch(/spin_/);
  expect(text).toContain("myspinbot key create --name open-webui --scopes act-as,jobs:read,jobs:write");
  expect(text).toContain(`myspinbot key revoke ${view.id}`);
});

it("promises nothing where MYSPINBOT_HOST keeps it on this machine", async () => {
  const text = await stage([view]).open({ open: false });
  expect(text).toContain("MYSPINBOT_HOST keeps it at http://127.0.0.1:4417");
  expect(text).not.toContain("192.168.1.5");
});
