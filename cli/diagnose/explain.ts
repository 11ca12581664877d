/** Why an address does not do what it was set for, with the remedy: nobody there, a container's own localhost, a login, another program. */
import { extraHosts, fromContainer, hostName, isLoopback, shown } from "./container.ts";
import { identify } from "./identify.ts";
import { type Answer, type Asked, isSilence, look, type Silence } from "./look.ts";
import { openai, type Program } from "./program.ts";
import type { Stack } from "./stack.ts";

export interface Finding {
  what: string;
  fix: string;
}

export interface Circumstances {
  /** Whether we run in a container. */
  container: boolean;
  /** The stack that we are a part of. */
  stack?: Stack | undefined;
  headers?: Record<string, string>;
  via?: string;
}

const port = (address: string): string => {
  const url = new URL(address);
  return url.port || (url.protocol === "https:" ? "443" : "80");
};

/** Nobody answered. */
export function silence({ name, setting, start, open }: Program, address: string, { code }: Silence, container: boolean): Finding {
  const at = shown(address);
  const { hostname, protocol } = new URL(address);
  if (container && isLoopback(address))
    return {
      what: `${at} is this container itself, and ${name} does not answer in it`,
      fix: `For one on the host: ${setting}=${fromContainer(address)}, give this container ${extraHosts}, and ${open}`,
    };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    if (hostname === hostName)
      return container
        ? { what: `the name ${hostName} is not known in this container`, fix: `Give the container ${extraHosts}` }
        : {
            what: `${hostName} is a name inside containers, and is not known here`,
            fix: `From this machine itself: ${setting}=http://127.0.0.1:${port(address)}`,
          };
    return {
      what: `the host name ${hostname} is not known here`,
      fix: `Correct ${setting}; containers know each other by name only on one network`,
    };
  }
  if (code === "ECONNREFUSED")
    return {
      what: `nothing listens at ${at}`,
      fix: isLoopback(address) ? `${start}. If it runs elsewhere, set ${setting}` : `${start}. For others than its own machine, ${open}`,
    };
  if (/^(EPROTO|ERR_SSL|ERR_TLS_(?!CERT))/.test(code) && protocol === "https:")
    return { what: `${at} speaks no HTTPS`, fix: `Write http:// in ${setting}` };
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return {
      what: `the certificate of ${at} is not trusted here (${code})`,
      fix: "Name its authority by NODE_EXTRA_CA_CERTS=/path/to/ca.pem",
    };
  if (code === "ECONNRESET" || code === "EPIPE" || code.startsWith("HPE_"))
    return { what: `what listens at ${at} speaks no HTTP (${code})`, fix: `Correct ${setting}; if it speaks HTTPS, write https://` };
  return {
    what: `${at} does not answer (${code})`,
    fix: `Is that machine on, and does a firewall let port ${port(address)} through? Else correct ${setting}`,
  };
}

/** Somebody answered, but not as it should. */
async function stranger(program: Program, address: string, answer: Answer, circumstances: Pick<Asked, "via">): Promise<Finding> {
  const { name, setting, login, forbidden } = program;
  const at = shown(address);
  const { status, headers } = answer;
  const found = await identify(address, circumstances);
  const below = /\/(v1|api|chat|mcp)$/.exec(new URL(address).pathname.replace(/\/+$/, ""))?.[0];
  // its address ends in /v1, and other programs offer that face as well
  const face = program.name === openai.name;
  if (below && !face && found.name === name) return { what: `${at} is a path inside ${name}`, fix: `Leave out ${below} in ${setting}` };
  const other = { what: `${at} is not ${name}, it is ${found.name}`, fix: `Set ${setting} to the address of ${name}` };
  // it may want a login for what it does not know
  if (found.known && found.name !== name && !face) return other;
  if (status === 401 || status === 407) return { what: `${at} asks for a login (${status})`, fix: login };
  if (status === 403) return { what: `${at} refuses us (403)`, fix: forbidden };
  if (status >= 502 && status <= 504)
    return { what: `a proxy answers at ${at}, but nothing behind it does (${status})`, fix: `${program.start}. Or correct the proxy` };
  if (status >= 300 && status < 400) {
    const to = headers.location && URL.canParse(headers.location, address) ? shown(new URL(headers.location, address).href) : "elsewhere";
    return {
      what: `${at} sends us on to ${to} (${status})`,
      fix: `Set ${setting} to ${name}'s own address, without a login page before it`,
    };
  }
  if (found.name !== name) return other;
  return { what: `${at} is ${name}, but answers ${program.path} with ${status}`, fix: `Update ${name}, or correct ${setting}` };
}

/** Undefined where the right program answers as it should. */
export async function explain(program: Program, address: string, circumstances: Circumstances): Promise<Finding | undefined> {
  const { container, via, headers } = circumstances;
  const to = via === undefined ? {} : { via };
  const answer = await look(address, program.path, { ...to, ...(headers ? { headers } : {}) });
  if (isSilence(answer)) return silence(program, address, answer, container);
  if (answer.status === 200 && program.is(answer.body)) return undefined;
  return stranger(program, address, answer, to);
}
