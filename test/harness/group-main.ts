/** Runs `start` and then, when it is ready, `chat` in this process' own group: a Ctrl-C then reaches all of them, as in a terminal. */
import { spawn } from "node:child_process";

const [main, ...words] = process.argv.slice(2);
if (!main) throw new Error("group-main.ts MAIN WORDS...");
// a terminal's shell outlives the Ctrl-C
process.on("SIGINT", () => undefined);

const tell = (what: string) => void process.stdout.write(`@@ ${what}\n`);
const run = (name: string, args: string[]) => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.setEncoding("utf8").on("data", (text: string) => void process.stdout.write(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void process.stderr.write(text));
  child.once("close", (code, signal) => tell(`${name} ended ${code ?? signal}`));
  return child;
};
const start = run("start", ["start"]);
let chatting = false;
start.stdout.on("data", (text: string) => {
  if (chatting || !text.includes("MySpinBot")) return;
  chatting = true;
  run("chat", ["chat", "--new", ...words]);
});
