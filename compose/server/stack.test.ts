/** Which engines a studio of the stack looks for. */
import { expect, it } from "vitest";
import { engineSettings } from "./stack.ts";

const ours = { COMFYUI_URL: "http://comfyui:8188", GPU_HOST_URL: "http://gpu-host:7080" };
const there = () => true;

it("names the engines of the profiles that are on, and the key of gpu-host with its address", () => {
  expect(engineSettings({ STACK_PROFILES: "chat, gpu,monitoring" }, there)).toEqual({
    ...{ OLLAMA_URL: "http://ollama:11434", GPU_HOST_KEY_FILE: "/run/secrets/gpu_host_key" },
    ...ours,
  });
  expect(engineSettings({ STACK_PROFILES: "*" }, there)).toMatchObject(ours);
});

it("names none of a profile that is off, and no key without an address", () => {
  expect(engineSettings({ STACK_PROFILES: "chat" }, there)).toEqual({ OLLAMA_URL: "http://ollama:11434" });
  expect(engineSettings({ STACK_PROFILES: "" }, there)).toEqual({});
});

it("leaves an engine that is given, which may be on another machine, and gives it the key", () => {
  expect(engineSettings({ STACK_PROFILES: "gpu", GPU_HOST_URL: "http://attic:7080", COMFYUI_URL: "" }, there)).toEqual({
    ...{ COMFYUI_URL: ours.COMFYUI_URL, GPU_HOST_KEY_FILE: "/run/secrets/gpu_host_key" },
  });
});

it("leaves a key that is given, and names no file that is not there", () => {
  expect(engineSettings({ STACK_PROFILES: "gpu", GPU_HOST_KEY: "0123" }, there)).toEqual(ours);
  expect(engineSettings({ STACK_PROFILES: "gpu", GPU_HOST_KEY_FILE: "/k" }, there)).toEqual(ours);
  expect(engineSettings({ STACK_PROFILES: "gpu" }, () => false)).toEqual(ours);
});

it("changes nothing outside the stack", () => {
  expect(engineSettings({ COMFYUI_URL: "http://here:8188" }, there)).toEqual({});
});
