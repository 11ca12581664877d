/** The compose files as Compose would read them: what is merged, filled in and started. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseEnv, withValue } from "./env-file.ts";
import { readModel } from "./model.ts";
import { readProfiles } from "./profiles.ts";
import { secretNames } from "./secrets.ts";

const base = `
name: spin
x-card: &card
  resources: { reservations: { devices: [{ driver: nvidia, capabilities: [gpu] }] } }
services:
  server: { image: "myspinbot:1.0", ports: [{ target: 4417, published: "\${SERVER_PORT:-4417}", host_ip: "\${BIND_ADDRESS:-127.0.0.1}" }], volumes: ["server:/data", "\${BACKUP:-backups}:/b"] }
  web: { image: "web:1", profiles: [chat], ports: ["8080:80", "127.0.0.1:8081:81/tcp", "[::1]:8082:82", "53:53/udp"], volumes: ["./start.sh:/start.sh:ro"], user: "70:70" }
  comfyui: { image: "comfy:\${TAG-2}", profiles: [gpu], deploy: *card, environment: { KEY: "\${NEEDED:?make one}" } }
secrets: { a: { file: ./secrets/a } }
`;
const over = `
services:
  comfyui: { deploy: !reset {} }
  web: { profiles: !override [never] , volumes: ["./other.sh:/start.sh:ro"] }
`;

describe("a model", () => {
  it("has the services of the chosen profiles, with ports, mounts and who wants a card", () => {
    const model = readModel([base], { BACKUP: "/mnt/b" }, ["chat", "gpu"]);
    expect(model).toMatchObject({
      project: "spin",
      active: ["server", "web", "comfyui"],
      onCard: ["comfyui"],
      unset: { NEEDED: "make one" },
    });
    expect(model.ports).toEqual([
      { service: "server", host: "127.0.0.1", port: 4417 },
      { service: "web", host: "0.0.0.0", port: 8080 },
      { service: "web", host: "127.0.0.1", port: 8081 },
      { service: "web", host: "::1", port: 8082 },
    ]);
    expect(model.binds).toEqual([
      { service: "server", source: "/mnt/b", target: "/b", readOnly: false, uid: 1000 },
      { service: "web", source: "./start.sh", target: "/start.sh", readOnly: true, uid: 70 },
    ]);
    expect(readModel([base], { NEEDED: "k", SERVER_PORT: "5000" }, [])).toMatchObject({
      active: ["server"],
      unset: {},
      ports: [{ port: 5000 }],
      binds: [],
    });
  });

  it("follows what a later file adds, resets and overrides", () => {
    const model = readModel([base, over], {}, ["chat", "gpu"]);
    expect([model.active, model.onCard]).toEqual([["server", "comfyui"], []]);
    expect(readModel([base, over], {}, ["never"]).binds.map(({ source }) => source)).toEqual(["./other.sh"]);
  });

  it("fills in every form of a variable", () => {
    const of = (env: Record<string, string>) =>
      readModel([base.replace("web:1", () => `w:$A-\${B:-b}-\${C-c}-$$D-\${E:+e}`)], env, []).images["web"];
    expect(of({})).toBe("w:-b-c-$D-");
    expect(of({ A: "1", B: "", C: "", E: "x" })).toBe("w:1-b--$D-e");
  });
});

describe("the real files", () => {
  const folder = join(import.meta.dirname, "../../compose");
  const text = (name: string) => readFileSync(join(folder, name), "utf8");

  it("want only secrets that compose:init makes, in the folder where it makes them", () => {
    const { secretFiles } = readModel([text("compose.yaml")], {}, []);
    for (const [name, file] of Object.entries(secretFiles))
      expect([name, file]).toEqual([expect.toBeOneOf([...secretNames]), `./secrets/${name}`]);
  });

  it("ask for a card as they are, and for none with compose.cpu.yaml on top", () => {
    expect(readModel([text("compose.yaml")], {}, ["chat", "gpu"]).onCard).toContain("comfyui");
    expect(readModel([text("compose.yaml"), text("compose.cpu.yaml")], {}, ["chat", "gpu", "monitoring"]).onCard).toEqual([]);
  });
});

describe(".env", () => {
  it("is read as Compose reads it", () => {
    expect(parseEnv("A=1\n# B=2\nexport C = \"x y\" # words\nD='#'\nE=v # w\nA=3\nF=\n bad\n")).toEqual({
      A: "3",
      C: "x y",
      D: "#",
      E: "v",
      F: "",
    });
  });

  it("is changed in one line only, and that one counts", () => {
    expect(withValue("A=1\nB=2\nA=3\n", "A", "$&")).toBe("A=$&\nB=2\nA=$&\n");
    expect(withValue("#A=1\n#A=2\n", "A", "x")).toBe("A=x\n#A=2\n");
    expect(withValue("B=1", "A", "x")).toBe("B=1\nA=x\n");
    expect(withValue("", "A", "x")).toBe("A=x\n");
  });
});

it("profiles are known by name", () => {
  expect(readProfiles(" core, chat,,gpu,chat")).toEqual(["chat", "gpu"]);
  expect(readProfiles("core")).toEqual([]);
  expect(() => readProfiles("chat,gup")).toThrow(/no profile gup \(gpu is nearest\)\. There are: core \(always\), chat, gpu/);
});
