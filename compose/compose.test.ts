/** compose.minimal.yaml: our server alone, for whoever runs everything else already. */
import { describe, expect, it } from "vitest";
import about from "../package.json" with { type: "json" };
import { stackOf } from "./testing/stack.ts";

const { version } = about;

describe("compose.minimal.yaml", () => {
  const { services } = stackOf("compose.minimal.yaml");
  const { myspinbot } = services;

  it("is our server alone, of this version, and gets the host's programs by name", () => {
    expect(Object.keys(services)).toEqual(["myspinbot"]);
    expect(myspinbot).toMatchObject({
      ...{ image: `myspinbot:${version}`, extra_hosts: ["host.docker.internal:host-gateway"], volumes: ["data:/data"] },
      init: true,
    });
    expect(myspinbot?.environment?.["MYSPINBOT_ALLOWED_HOSTS"]).toContain("host.docker.internal");
    expect(myspinbot?.environment).toMatchObject({ COMFYUI_URL: expect.anything(), OLLAMA_URL: expect.anything() });
  });

  it("asks for a key, so that none is made and printed into the container's log", () => {
    expect(myspinbot?.environment?.["MYSPINBOT_KEY"]).toMatch(/^\$\{MYSPINBOT_KEY:\?/);
  });

  it("finds no engines of a stack: there is none", () => {
    expect(myspinbot?.environment).not.toHaveProperty("STACK_PROFILES");
  });
});
