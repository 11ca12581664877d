/** Why a port could not be had, in words that name the setting and who has it. */
import { get } from "node:http";
import { Failure, toFailure } from "../core/failure.ts";

function isOurs(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: "/healthz", timeout: 1000, headers: { host: "localhost" }, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text = (text + part).slice(0, 1000);
      });
      response.on("close", () => resolve(text.includes('"myspinbot"')));
    });
    request.on("error", () => resolve(false)).on("timeout", () => request.destroy());
  });
}

export async function listenFailure(error: unknown, host: string, port: number): Promise<Failure> {
  const code = (error as NodeJS.ErrnoException).code;
  const options = { cause: error };
  if (code === "EADDRINUSE") {
    const who = (await isOurs(host === "0.0.0.0" || host === "::" ? "localhost" : host, port)) ? "another MySpinBot" : "another program";
    return new Failure(
      "config",
      `Port ${port} on ${host} is taken by ${who}. Stop it, or set MYSPINBOT_PORT to another port (0 takes any free one).`,
      options,
    );
  }
  if (code === "EACCES")
    return new Failure("config", `This user may not listen on port ${port}. Set MYSPINBOT_PORT to a port from 1024 on.`, options);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new Failure(
      "config",
      `This machine does not have the address ${host}. Set MYSPINBOT_HOST to one it has, such as 127.0.0.1.`,
      options,
    );
  return toFailure(error);
}
