/** The card goes from one engine to the next: no two are at work at once. */
import { isTerminal } from "../../core/job.ts";
import type { JsonObject } from "../../core/json.ts";
import { until } from "../harness/product.ts";
import { invokeAgreed } from "./ask.ts";
import type { House } from "./house.ts";
import { face, recordings } from "./media.ts";

interface Row {
  engine: string;
  tool: string;
  from: Date;
  to: Date;
}

const cardEngines = ["comfyui", "a1111", "gpt-sovits", "gpu-host"];

/** Two attempts of different jobs that both held the card for a while. */
function overlaps(rows: readonly Row[]): [Row, Row][] {
  const sorted = [...rows].sort((a, b) => a.from.getTime() - b.from.getTime());
  return sorted.flatMap((row, at) => {
    const next = sorted[at + 1];
    return next && next.from < row.to ? [[row, next] as [Row, Row]] : [];
  });
}

interface Watch {
  end(): number;
}

/** Looks at the programs themselves, not at what the product says of them. */
export function watchCard({ comfyui, a1111, gpuHost }: House): Watch & { seen: Set<string>; readonly looks: number } {
  let looks = 0;
  const seen = new Set<string>();
  const look = async () => {
    const owner = await gpuHost.owner().catch(() => undefined);
    // a model that stays loaded is no work; a run is
    const busy = [
      ...(comfyui?.prompts().some(({ state }) => state === "running") ? ["comfyui"] : []),
      ...(a1111?.tasks().some(({ state }) => state === "running") ? ["a1111"] : []),
      ...(owner !== undefined ? ["gpu-host"] : []),
    ];
    looks += busy.length > 0 ? 1 : 0;
    if (busy.length > 1) seen.add(busy.join(" and "));
  };
  const timer = setInterval(() => void look(), 100);
  return {
    seen,
    get looks() {
      return looks;
    },
    end() {
      clearInterval(timer);
      return seen.size;
    },
  };
}

/** Everything at once, twice, so that each engine is wanted while another works. After the voice `june` was made. */
export async function atOnce(house: House): Promise<void> {
  const { checks, product } = house;
  const picture = await house.upload("june.png", await face());
  const sound = await house.upload("word.wav", (await recordings()).word);
  const lips = { face: picture, audio: sound, person: "June" };
  const asked: [tool: string, input: JsonObject][] = [
    ["speak", { text: "one", voice: "june" }],
    ["render_video", { image: picture, seconds: 2 }],
    ["lip_sync", { ...lips, seed: 1 }],
    ["speak", { text: "two", voice: "june" }],
    ["render_image", { prompt: "a fox" }],
    ["lip_sync", { ...lips, seed: 2 }],
  ];
  const ids = await Promise.all(asked.map(([tool, input]) => invokeAgreed(house, tool, input)));
  const look = async () => {
    const jobs = await Promise.all(ids.map((id) => product.client.job(id)));
    return jobs.every(({ state }) => isTerminal(state)) ? jobs : undefined;
  };
  const jobs = await until(look, "all of it ends", 600_000);
  checks.check(
    "six jobs of three engines, asked for at once, all succeed",
    jobs.every(({ state }) => state === "succeeded"),
    jobs.map(({ tool, state, error }) => [tool, state, error?.message]),
  );
}

export async function handedOver(house: House, watch: ReturnType<typeof watchCard>): Promise<void> {
  const { checks, product, comfyui, gptSovits } = house;
  watch.end();
  const rows = await product.rows<Row>(
    `select j.engine, j.tool, a.started_at as from, a.ended_at as to from attempts a join jobs j on j.id = a.job
     where j.engine = any($1) and a.ended_at is not null`,
    [cardEngines],
  );
  const engines = new Set(rows.map(({ engine }) => engine));
  checks.check("several engines had the card", engines.size > 1 && rows.length > 3, [...engines]);
  checks.check(`of ${rows.length} attempts on the card no two ran at once`, overlaps(rows).length === 0, overlaps(rows));
  checks.check(`in ${watch.looks} looks at busy programs, no two were at work`, watch.seen.size === 0 && watch.looks > 0, [...watch.seen]);
  if (comfyui)
    checks.check(
      "ComfyUI was asked to give its memory back for others",
      comfyui.calls.some(({ path }) => /\/free$/.test(path)),
    );
  if (gptSovits) checks.check("GPT-SoVITS was not told to exit: nobody allowed that", !gptSovits.exited);
}
