/** Every secret of the stack: how it is made, which others hold it too, and what a new one asks of the person. */
import { randomBytes } from "node:crypto";

export interface MadeSecret {
  name: string;
  /** Of chance; twice as many hex digits. */
  bytes: number;
  /** The setting that held it before there were files: its value is taken over. */
  adopt?: string;
  /** The service keeps it in its volume: a new file alone locks everybody out. */
  kept?: boolean;
  /** What nobody but the person can do after a new one. */
  byHand?: string;
}

export interface DerivedSecret {
  name: string;
  from: string;
  make(secret: string): string;
  /** The secret that a text of this file holds. */
  holds(text: string): string | undefined;
}

/** How `docker compose` is called in everything that is printed. */
export const dc = "docker compose -f compose/compose.yaml";

export const made: readonly MadeSecret[] = [
  {
    name: "postgres_password",
    bytes: 24,
    kept: true,
    // single-user mode asks for no password: it works with a lost one too
    byHand: [
      "PostgreSQL keeps its password in its volume. Tell it the new one while it does not serve:",
      `    ${dc} stop postgres`,
      `    printf "ALTER ROLE myspinbot PASSWORD '%s'\\n" "$(cat compose/secrets/postgres_password)" | ${dc} run -T --rm --no-deps --entrypoint postgres postgres --single -D /var/lib/postgresql/data/pgdata myspinbot`,
      "It answers `backend>` twice; a line with ERROR there means that the password is the old one still.",
    ].join("\n"),
  },
  { name: "redis_password", bytes: 24 },
  // its service tells PostgreSQL with each start
  { name: "postgres_exporter_password", bytes: 24 },
  // MinIO generates at most 20 and 40 characters itself
  { name: "minio_root_user", bytes: 10 },
  { name: "minio_root_password", bytes: 20 },
  {
    name: "myspinbot_key",
    bytes: 24,
    adopt: "MYSPINBOT_KEY",
    byHand:
      "Give the new key to whoever has the old one: MCP clients, scripts, an Open WebUI of your own (its setup: npm run openwebui:install). That of this stack has a key of its own.",
  },
  {
    name: "gpu_host_key",
    bytes: 24,
    adopt: "GPU_HOST_KEY",
    byHand: "A gpu-host on another machine needs the same key there.",
  },
  {
    name: "openwebui_user_secret",
    bytes: 32,
    adopt: "OPENWEBUI_USER_SECRET",
    byHand: "The function in Open WebUI needs it too: Admin Panel, Functions, MySpinBot, Valves, USER_SECRET.",
  },
  {
    name: "openwebui_secret_key",
    bytes: 32,
    byHand: "Everybody signs in to Open WebUI again, and what it keeps encrypted (tokens of tool servers) has to be entered again.",
  },
  {
    name: "openwebui_admin_password",
    bytes: 16,
    byHand:
      "Open WebUI reads the file at its first start only. Change the password in it (Settings, Account) to the text of compose/secrets/openwebui_admin_password: our setup signs in with it.",
  },
  {
    name: "grafana_password",
    bytes: 16,
    byHand: `Grafana reads the file at its first start only. Set the new one:\n    ${dc} exec grafana grafana cli admin reset-admin-password "$(cat compose/secrets/grafana_password)"`,
  },
  {
    name: "keycloak_password",
    bytes: 16,
    byHand: "Keycloak reads the file at its first start only. Change the password in it: the realm master, Users, admin, Credentials.",
  },
];

const inside = (pattern: RegExp) => (text: string) => pattern.exec(text)?.[1];
const same = { make: (secret: string) => secret, holds: (text: string): string | undefined => text };

export const derived: readonly DerivedSecret[] = [
  {
    name: "database_url",
    from: "postgres_password",
    make: (secret) => `postgresql://myspinbot:${secret}@postgres:5432/myspinbot`,
    holds: inside(/^postgres(?:ql)?:\/\/[^:@/]+:([^@/]+)@/),
  },
  {
    name: "redis_url",
    from: "redis_password",
    make: (secret) => `redis://:${secret}@redis:6379`,
    holds: inside(/^rediss?:\/\/[^:@/]*:([^@/]+)@/),
  },
  { name: "s3_access_key", from: "minio_root_user", ...same },
  { name: "s3_secret_key", from: "minio_root_password", ...same },
];

export const secretNames: readonly string[] = [...made, ...derived].map(({ name }) => name);

/** Hex alone: it needs no escaping in an address, a shell or a configuration file. */
export const chance = (bytes: number): string => randomBytes(bytes).toString("hex");

const known = /^(changeme|change-me|password|secret|admin|minioadmin|myspinbot|postgres|redis|grafana|test|example)/i;

/** Why a text is no secret; undefined where it will do. @param least characters. */
export function weakness(text: string, least: number): string | undefined {
  if (text.length < least) return `has ${text.length} characters, and needs ${least}`;
  if (known.test(text)) return "begins with a word that everybody tries";
  if (new Set(text).size < 6) return `has only ${new Set(text).size} different characters`;
  return /[\s'"\\$@:/?#%]/.test(text) ? "has characters that an address or a shell reads in another way" : undefined;
}
