/** A stdio MCP process over a scripted studio, noisy on purpose: nothing of that may reach standard output. */
import { localPrincipal } from "../../core/principal.ts";
import { studioDoor } from "../door.ts";
import { serveStdio } from "../stdio.ts";
import { scriptedStudio } from "./scripted-studio.ts";

const studio = scriptedStudio({ runMs: Number(process.env["RUN_MS"] ?? 300) });
const door = studioDoor(studio, localPrincipal);
const noise = setInterval(() => {
  console.log("noise from console.log");
  console.info("noise from console.info");
  process.stdout.write("noise from process.stdout\n");
}, 20);

await serveStdio(
  {
    ...door,
    invoke(...call) {
      console.log("noise in a call");
      return door.invoke(...call);
    },
  },
  { version: "1.2.3", heartbeatMs: 100 },
);
clearInterval(noise);
console.log("noise after the end");
