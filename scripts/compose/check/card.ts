/** The NVIDIA card: seen by its driver, the driver new enough, and handed to containers. */
import type { StatusRow } from "../../../core/client.ts";
import { firstLine, type Run } from "../run.ts";
import type { Engine } from "./engine.ts";
import { fine, stop, warn } from "./rows.ts";

export interface CardFacts {
  cards: { name: string; driver: string; memoryGb: number }[];
  /** What nvidia-smi said in place of cards; absent where it is not there at all. */
  said?: string;
  /** Version of the NVIDIA Container Toolkit. */
  toolkit?: string;
  /** Devices that it offers by CDI, which is how Podman takes them. */
  cdi: boolean;
}

/** CUDA 12.4, which the images are made for. */
const leastDriver = 550;

export async function lookAtCard(run: Run): Promise<CardFacts> {
  const smi = await run("nvidia-smi", ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader,nounits"]);
  const toolkit = await run("nvidia-ctk", ["--version"]);
  const devices = toolkit.code === 0 ? await run("nvidia-ctk", ["cdi", "list"]) : undefined;
  const cards =
    smi.code === 0
      ? smi.stdout.split("\n").flatMap((line) => {
          const [name = "", driver = "", memory = ""] = line.split(",").map((one) => one.trim());
          return name && driver ? [{ name, driver, memoryGb: Number(memory) / 1024 }] : [];
        })
      : [];
  const said = firstLine(smi.stdout) || firstLine(smi.stderr);
  return {
    cards,
    ...(cards.length === 0 && said ? { said } : {}),
    ...(toolkit.code === 0 ? { toolkit: /\d+(\.\d+)+/.exec(toolkit.stdout)?.[0] ?? "unknown" } : {}),
    cdi: devices?.stdout.includes("nvidia.com/gpu") ?? false,
  };
}

const part = "GPU";
const without =
  "Without a card: put -f compose/compose.cpu.yaml behind compose.yaml in every command, here too (npm run compose:check -- --file compose.yaml --file compose.cpu.yaml)";

/** @param onCard services of the chosen profiles that ask for a card. */
export function cardRows(
  facts: CardFacts,
  { onCard, engine, vramGb }: { onCard: readonly string[]; engine: Pick<Engine, "name" | "runtimes"> | undefined; vramGb?: number },
): StatusRow[] {
  if (onCard.length === 0) return [fine(part, "nothing that was chosen asks for one")];
  const [card] = facts.cards;
  if (!card) return [missing(facts.said, onCard)];
  const rows: StatusRow[] = [];
  const old = facts.cards.find(({ driver }) => Number.parseInt(driver, 10) < leastDriver);
  if (old)
    rows.push(
      stop(
        part,
        `the driver ${old.driver} of ${old.name} is too old: ${leastDriver} is the least (CUDA 12.4)`,
        "Install a newer driver (apt install nvidia-driver, or ubuntu-drivers install), then reboot",
      ),
    );
  const most = Math.max(...facts.cards.map(({ memoryGb }) => memoryGb));
  if (vramGb !== undefined && vramGb > most + 0.5)
    rows.push(
      stop(
        part,
        `MYSPINBOT_VRAM_GB=${vramGb}, and ${card.name} has ${most.toFixed(0)} GB`,
        `MYSPINBOT_VRAM_GB=${Math.floor(most)} in compose/.env`,
      ),
    );
  else if (most < 7.5)
    rows.push(warn(part, `${card.name} has ${most.toFixed(0)} GB: SDXL and training do not fit`, "docs/models.md names what does"));
  rows.push(...handedOver(facts, engine));
  const words = facts.cards.map(({ name, memoryGb }) => `${name}, ${memoryGb.toFixed(0)} GB`).join("; ");
  return rows.length > 0 ? rows : [fine(part, `${words}, driver ${card.driver}`)];
}

function missing(said: string | undefined, onCard: readonly string[]): StatusRow {
  if (said && /version mismatch/i.test(said))
    return stop(part, "the driver was updated, and the old one is still loaded (Driver/library version mismatch)", "Reboot");
  if (said && /couldn't communicate|no devices were found|unable to determine/i.test(said))
    return stop(
      part,
      `nvidia-smi reaches no card: ${said.slice(0, 160)}`,
      `Reboot; if it stays: reinstall the driver, look at dmesg. ${without}`,
    );
  return stop(
    part,
    `no NVIDIA card is seen${said ? ` (${said.slice(0, 160)})` : " (there is no nvidia-smi)"}, and ${onCard.join(", ")} ask for one`,
    `With a card: install NVIDIA's driver (${leastDriver} or newer) and the NVIDIA Container Toolkit. ${without}`,
  );
}

const install = "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html";

function handedOver({ toolkit, cdi }: CardFacts, engine: Pick<Engine, "name" | "runtimes"> | undefined): StatusRow[] {
  if (engine === undefined) return [];
  if (engine.runtimes.includes("nvidia")) return [];
  if (toolkit === undefined)
    return [
      stop(
        part,
        "the NVIDIA Container Toolkit is not installed: containers do not get the card",
        `Install it (${install}), then sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`,
      ),
    ];
  if (engine.name === "podman")
    return cdi
      ? []
      : [stop(part, "Podman knows no card: no CDI description was made", "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml")];
  return [
    stop(
      part,
      `the NVIDIA Container Toolkit ${toolkit} is installed, and Docker does not know it`,
      "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
    ),
  ];
}
