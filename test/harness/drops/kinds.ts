/** The moments at which a client can lose its connection, each a row of the closing table. */
import { pick } from "../random.ts";
import { overHttp } from "./over-http.ts";
import { overStdio } from "./over-stdio.ts";
import { listenStream, sameRequest, sessionStream } from "./over-wire.ts";
import type { Moment } from "./proxy.ts";
import { type Scene, type Story, within } from "./story.ts";

type Chance = () => number;

const torn = (chance: Chance): Moment => ({ request: chance() });
/** Before the job is accepted, or after it and before its answer, which ends every longer time. */
const unanswered = (chance: Chance): Moment => ({ unanswered: chance() < 0.5 ? within(chance, 0, 40) : within(chance, 0, 3000) });
/** Every answer has more than these bytes. */
const answerTorn = (chance: Chance): Moment => ({ answer: within(chance, 1, 900) });
const waiting = (chance: Chance): Moment => ({ after: within(chance, 0, 400) });
const progressing = (chance: Chance): Moment => ({ progress: within(chance, 1, 2) });
const anyOfSubmit = (chance: Chance): Moment => pick([torn, unanswered, answerTorn], chance)(chance);

export const dropKinds: readonly (readonly [string, (scene: Scene) => Promise<Story>])[] = [
  ["submit: request torn", overHttp({ call: "render_image", moment: torn })],
  ["submit: no answer", overHttp({ call: "render_image", moment: unanswered })],
  ["submit: answer torn", overHttp({ call: "render_image", moment: answerTorn })],
  ["submit without key, same request", sameRequest(anyOfSubmit)],
  ["wait: in its middle", overHttp({ call: "wait_for_job", moment: waiting })],
  ["wait: answer torn", overHttp({ call: "wait_for_job", moment: answerTorn })],
  ["wait: in a progress message", overHttp({ call: "wait_for_job", moment: progressing })],
  ["session stream (2025)", sessionStream],
  ["listen stream (2026)", listenStream],
  ["stdio killed: submit", overStdio("render_image")],
  ["stdio killed: wait", overStdio("wait_for_job")],
];
