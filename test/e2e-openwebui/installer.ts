/** Our installer as a person uses it: wrong addresses and keys in words, twice the same, and out again without a trace. */
import { admin } from "./open-webui.ts";
import type { Stage } from "./scene.ts";

export async function installer({ checks, install, web, ben, admin: boss }: Stage): Promise<void> {
  const refusals: [string, string[], RegExp][] = [
    ["nobody at the address", ["--url", "http://127.0.0.1:9"], /Nothing answers at/],
    ["no key", [], /administrator's API key/],
    ["a wrong key", ["--key", "sk-wrong"], /does not accept this key/],
    ["a wrong password", ["--email", admin.email, "--password", "wrong"], /does not accept this e-mail/],
    ["a key that is no administrator's", ["--key", ben.token], /not an administrator's/],
    ["an unknown option", ["--colour", "red"], /--colour/],
  ];
  for (const [what, args, words] of refusals) {
    const { status, stderr } = await install(...args);
    checks.check(`${what} is refused in words`, status === 1 && words.test(stderr) && !/\n\s+at /.test(stderr), stderr);
  }
  const set = ["--key", boss.token];
  const valves = async () => JSON.stringify((await boss.call("GET", "/api/v1/functions/id/myspinbot/valves")).body);
  const before = await valves();
  const again = await install(...set);
  checks.check("a second time it updates, and keeps the settings", again.status === 0 && (await valves()) === before, again);
  checks.check(
    "the model is seen by an ordinary user",
    JSON.stringify((await ben.call("GET", "/api/models")).body).includes("myspinbot.agent"),
  );
  const undone = await install(...set, "--undo");
  const left = await Promise.all(["myspinbot", "myspinbot_start"].map((id) => boss.call("GET", `/api/v1/functions/id/${id}`)));
  checks.check("undo takes both functions out", undone.status === 0 && left.every(({ status }) => status === 401 || status === 404), left);
  const models = JSON.stringify((await boss.call("GET", "/api/models?refresh=true")).body);
  checks.check("and the model", !models.includes("myspinbot.agent"), models);
  checks.check("a second undo is harmless", (await install(...set, "--undo")).status === 0);
  checks.check("Open WebUI still answers", (await fetch(`${web.url}/health`)).ok);
}
