#!/usr/bin/env -S node --max-semi-space-size=2
/** The commands. Each loads only what it needs: `chat` and `mcp` are thin clients of the one studio that owns the data folder. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Config, isLoopbackHost, openedToLan, readConfig } from "./config.ts";
import type { KeysClient, StatusRow } from "./core/client.ts";
import { Failure, toFailure } from "./core/failure.ts";
import { packageRoot } from "./core/package-root.ts";
import { connectStudio, dataFolder, type Place } from "./place.ts";

const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };

// often a log file on the disk of the data folder: when that is full, words are lost, and nothing ends because of it
process.stderr.on("error", () => undefined);
const say = (text: string) => void process.stderr.write(`${text}\n`);
const place = (config: Config): Place => ({ data: config.data, main: process.argv[1] ?? "", say });

type KeyOut = { stdout: NodeJS.WriteStream; say: typeof say };

interface ChatFlags {
  new?: boolean;
  conversation?: string;
  attach?: string[];
  out: string;
  json?: boolean;
}

async function chat(words: string[], flags: ChatFlags): Promise<number> {
  const config = readConfig(process.env);
  const { createConversations } = await import("./cli/conversation.ts");
  const folder = await dataFolder(place(config));
  const { stdout, stderr, stdin } = process;
  const common = {
    ...{ out: flags.out, stdout, stderr, isTTY: stdout.isTTY ?? false, conversations: createConversations(folder.cliPath) },
    ...(flags.conversation ? { conversation: flags.conversation } : {}),
    ...(flags.new ? { fresh: true } : {}),
  };
  const text = words.join(" ");
  const attached = flags.attach ? { attach: flags.attach } : {};
  if (words.length === 0) {
    if (flags.json)
      throw new Failure("invalid_input", '--json needs something to say with it, such as: myspinbot chat --json "draw a red fox"');
    const client = await connectStudio(place(config), folder);
    const { repl } = await import("./cli/repl.ts");
    return repl(client, {
      ...common,
      input: stdin,
      isTTY: (stdin.isTTY && stdout.isTTY) ?? false,
      historyFile: join(folder.cliPath, "history"),
      ...attached,
    });
  }
  const { onInterrupt } = await import("./cli/interrupt.ts");
  const { chatOnce } = await import("./cli/chat.ts");
  const { signal, dispose } = onInterrupt(process, (code) => process.exit(code));
  try {
    const client = await connectStudio(place(config), folder, signal);
    return await chatOnce(client, text, {
      ...common,
      signal,
      ...attached,
      ...(flags.json ? { json: true } : {}),
    });
  } catch (error) {
    // left before the studio was up: nothing was asked for
    if (signal.aborted) return 130;
    throw error;
  } finally {
    // after a Ctrl-C the second one may still come while this process ends: it must not end by the signal
    if (!signal.aborted) dispose();
  }
}

async function start(flags: { idle?: boolean; preview?: boolean; lan?: boolean }): Promise<number> {
  const read = readConfig(process.env);
  const { serve } = await import("./cli/serve.ts");
  const { startServer } = await import("./server.ts");
  const { createLog } = await import("./platform/log.ts");
  const { lanNames, openToLan } = await import("./cli/lan.ts");
  const config = { ...(flags.lan ? openedToLan(read, process.env, lanNames()) : read), preview: flags.preview ?? read.preview };
  const folder = config.roles.http ? await dataFolder(place(config)) : undefined;
  if (flags.lan && !folder) throw new Failure("config", "--lan opens the studio's HTTP, and ROLES=worker has none. Leave one of them out.");
  return serve({
    start: () =>
      startServer({
        ...{ config, version, say, log: createLog(config.logLevel), anyPort: process.env["MYSPINBOT_PORT"] === undefined },
        ...(folder ? { folder } : {}),
        ...(flags.idle ? { idle: true } : {}),
        ...(flags.lan ? { lan: true } : {}),
      }),
    async ready({ url }) {
      if (!flags.lan || !folder || url === undefined) return;
      const { createKeysClient } = await import("./http/keys-client.ts");
      const keys = createKeysClient({ socketPath: folder.socketPath });
      await openToLan({
        keys,
        url,
        open: !isLoopbackHost(config.host),
        people: config.openWebUiUserSecret !== undefined,
        say,
      });
    },
    stdout: process.stdout,
    say,
  });
}

async function mcp(): Promise<number> {
  // first of all: whatever else is printed from here on goes to stderr
  const { claimStdout } = await import("./mcp-server/stdout.ts");
  const output = claimStdout();
  const config = readConfig(process.env);
  const { serveStdio } = await import("./mcp-server/stdio.ts");
  const { rememberingDoor } = await import("./mcp-server/remembering-door.ts");
  const { revivingClient } = await import("./cli/reviving.ts");
  const folder = await dataFolder(place(config));
  let origin: string | undefined;
  const open = async () => {
    const client = await connectStudio(place(config), folder);
    const { public_url, url } = await client.status();
    origin = public_url ?? url;
    return client;
  };
  await serveStdio(rememberingDoor(revivingClient(await open(), open)), { version, output, origin: () => origin });
  return 0;
}

interface DoctorFlags {
  url?: string;
  key?: string;
  userSecret?: string;
}

async function doctor({ url, key: given, userSecret: secret }: DoctorFlags): Promise<number> {
  const { doctorServer, runDoctor } = await import("./cli/doctor.ts");
  if (url !== undefined) {
    const { values } = (await import("./config/secret-files.ts")).readSecretFiles(process.env);
    const key = given ?? (process.env["MYSPINBOT_KEY"]?.trim() || values["MYSPINBOT_KEY"]);
    const userSecret = secret ?? (process.env["OPENWEBUI_USER_SECRET"]?.trim() || values["OPENWEBUI_USER_SECRET"]);
    return doctorServer({ url, version, ...(key ? { key } : {}), ...(userSecret ? { userSecret } : {}) }, process.stdout);
  }
  const config = readConfig(process.env);
  const { createHttpClient } = await import("./http/client.ts");
  const { machineRows, standaloneStatus } = await import("./standalone.ts");
  const broken: StatusRow[] = [];
  // a worker of a studio elsewhere has none
  const needsFolder = config.roles.http || config.databaseUrl === undefined;
  const folder = needsFolder
    ? await dataFolder(place(config)).catch((error: unknown) => {
        broken.push({ part: "Data folder", state: "down", what: toFailure(error).message });
        return undefined;
      })
    : undefined;
  const client = folder && createHttpClient({ socketPath: folder.socketPath });
  const running = await client?.status().catch(() => undefined);
  const status = running ?? (await standaloneStatus(config, version));
  const machine = await machineRows(config, {
    version,
    portAsked: Boolean(process.env["MYSPINBOT_PORT"]?.trim()),
    ...(running ? { running } : {}),
  });
  return runDoctor({ ...status, rows: [...broken, ...status.rows, ...machine] }, process.stdout);
}

async function backups() {
  const { wireBackups, placeOf } = await import("./wire-backup.ts");
  const { createLog } = await import("./platform/log.ts");
  const { untilSignaled } = await import("./cli/backup.ts");
  const config = readConfig(process.env);
  const signal = untilSignaled((code) => process.exit(code));
  return { backups: wireBackups({ config, version, log: createLog(config.logLevel), say }), where: placeOf(config), signal };
}

async function backup(folder: string, { verify, ...flags }: { every?: string; keep?: string; verify?: string }): Promise<number> {
  const cli = await import("./cli/backup.ts");
  const { backups: known, signal } = await backups();
  const out = { stdout: process.stdout, say, signal };
  return verify === undefined ? cli.backup(known, resolve(folder), flags, out) : cli.verify(known, resolve(verify), out);
}

async function restore(file: string, flags: { replace?: boolean; yes?: boolean }): Promise<number> {
  const cli = await import("./cli/restore.ts");
  const { backups: known, signal, where } = await backups();
  const { stdin: input, stderr: output } = process;
  return cli.restore(known, resolve(file), flags, { say, input, output, isTTY: (input.isTTY && output.isTTY) ?? false, where, signal });
}

async function stop(): Promise<number> {
  const { stopStudio } = await import("./cli/stop.ts");
  return stopStudio(await dataFolder(place(readConfig(process.env))), say);
}

async function key(act: (keys: typeof import("./cli/keys.ts"), client: KeysClient, out: KeyOut) => Promise<number>): Promise<number> {
  const config = readConfig(process.env);
  const folder = await dataFolder(place(config));
  // starts one where none runs: keys live in its database
  await connectStudio(place(config), folder);
  const { createKeysClient } = await import("./http/keys-client.ts");
  return act(await import("./cli/keys.ts"), createKeysClient({ socketPath: folder.socketPath }), { stdout: process.stdout, say });
}

function many(value: string, before: string[] = []): string[] {
  if (!value) throw new InvalidArgumentError("name a file.");
  return [...before, value];
}

/** The exit code is the action's; what it throws is told in words. */
function run<Given extends unknown[]>(action: (...given: Given) => Promise<number>) {
  return async (...given: Given): Promise<void> => {
    process.exitCode = await action(...given).catch((error: unknown) => {
      const failure = toFailure(error);
      say(`error: ${failure.message}`);
      if (!(error instanceof Failure) && process.env["MYSPINBOT_LOG"] === "debug") say(String((error as Error).stack));
      return 1;
    });
    // what is still open (keep-alive sockets, a terminal) must not hold a finished command
    process.exit();
  };
}

const program = new Command("myspinbot")
  .description("A self-hosted studio you talk to: say what you want to see, and it is drawn on your own GPU.")
  .version(version)
  .showHelpAfterError();
program
  .command("start")
  .description("runs the studio: faces, queue and lane in one process, and says where it listens")
  .option("--lan", "for other machines and containers: listens on every address, and makes a key for Open WebUI the first time")
  .option("--preview", "preview pictures in spite of a real engine")
  .option("--idle", "end after a while without work (how `chat` and `mcp` start it)")
  .action(run((flags) => start(flags)));
program
  .command("chat")
  .description("says something to the studio, shows the progress and saves what comes of it; without words: a conversation")
  .argument("[words...]", 'such as "draw a red fox in fresh snow, wide" or /render, see /help')
  .option("--new", "start a new conversation instead of going on with the last one")
  .option("--conversation <id>", "go on with this one")
  .option("--attach <file>", "send a picture along (again for more)", many)
  .option("--out <folder>", "where results are saved", "myspinbot-files")
  .option("--json", "one JSON object a line")
  .action(run((words, flags) => chat(words, flags)));
program
  .command("worker")
  .description("runs jobs of a studio that is elsewhere (DATABASE_URL, S3_ENDPOINT or MYSPINBOT_FILES)")
  .action(
    run(() => {
      process.env["ROLES"] = "worker";
      return start({});
    }),
  );
program
  .command("mcp")
  .description("serves the studio's tools to an AI client over stdio")
  .action(run(() => mcp()));
program
  .command("doctor")
  .description("what is wrong, what was found and what was not, each with the command or setting that helps")
  .option("--url <address>", "looks at a studio from outside instead, as Open WebUI meets it, such as http://host.docker.internal:4417")
  .option("--key <key>", "the key that Open WebUI uses (or MYSPINBOT_KEY)")
  .option("--user-secret <text>", "the secret with which Open WebUI signs its people (or OPENWEBUI_USER_SECRET)")
  .action(run((flags) => doctor(flags)));
program
  .command("backup")
  .description("copies rows and files of the studio into one file, also while it works")
  .argument("[folder]", "where it is written", "myspinbot-backups")
  .option("--every <hours>", "goes on doing so, as a service")
  .option("--keep <count>", "removes older ones beyond this many")
  .option("--verify <file>", "looks through one that is there instead")
  .action(run((folder, flags) => backup(folder, flags)));
program
  .command("restore")
  .description("brings a studio back from such a file, into an empty place, embedded or not")
  .argument("<file>", "as `backup` printed it")
  .option("--replace", "in place of the studio that is there, which is then gone")
  .option("--yes", "without being asked")
  .action(run((file, flags) => restore(file, flags)));
program
  .command("stop")
  .description("stops the studio of this data folder; jobs go on at the next start")
  .action(run(() => stop()));
const keys = program.command("key").description("access keys for other people, programs and machines: create, list, revoke");
keys
  .command("create")
  .description("makes a key and prints it, this once")
  .option("--name <name>", "what it is for")
  .option("--scopes <scopes>", "what it may do: jobs:read, jobs:write, train, voice, act-as, admin (default: jobs:read,jobs:write)")
  .option("--principal <id>", "whose the jobs and files are that come with it (default: local, the same as yours)")
  .action(run((flags) => key((cli, client, out) => cli.createKey(client, flags, out))));
keys
  .command("list")
  .description("every key: whose, what it may do, when it was last used")
  .action(run(() => key((cli, client, out) => cli.listKeys(client, out))));
keys
  .command("revoke")
  .description("ends a key, at once")
  .argument("<id>", "as `key list` shows it, such as key_0123456789abcdef")
  .action(run((id) => key((cli, client, out) => cli.revokeKey(client, id, out))));
await program.parseAsync();
