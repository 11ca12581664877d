#!/usr/bin/env -S node --max-semi-space-size=2
/** The image's command: `myspinbot`, with the engines of the stack that it runs in. */
import { existsSync } from "node:fs";
import { engineSettings } from "./stack.ts";

Object.assign(process.env, engineSettings(process.env, existsSync));
await import("../../main.ts");
