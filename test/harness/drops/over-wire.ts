/** The same request sent again without a key, and the streams of both eras that tell of changes, taken up again where they broke. */
import { connectHttp } from "../../../mcp-server/testing/clients.ts";
import { type Event, events } from "../../../mcp-server/testing/raw.ts";
import { type Cutter, type Moment, startProxy } from "./proxy.ts";
import { type Job, jobIn, newStory, persist, render, type Scene, type Story, submit, take, waitUntilDone, within } from "./story.ts";
import { askModern, openWire } from "./wire.ts";

async function through(scene: Scene, about: string, play: (proxy: Cutter, story: Story) => Promise<void>): Promise<Story> {
  const proxy = await startProxy(scene.studio);
  const story = newStory(about);
  try {
    await play(proxy, story);
    return story;
  } finally {
    await proxy.close();
  }
}

/** Within one session of the 2025 era the id of a request stands for its key. */
export function sameRequest(moment: (chance: () => number) => Moment): (scene: Scene) => Promise<Story> {
  return (scene) => {
    const at = moment(scene.chance);
    return through(scene, `no key, same request, ${JSON.stringify(at)}`, async (proxy, story) => {
      const { idempotency_key: _none, ...input } = render(scene);
      const wire = await openWire(proxy.url, scene.accessKey);
      const armed = proxy.arm({ of: '"name":"render_image"', at, reset: scene.chance() < 0.5 });
      const { result } = await persist(story, "render_image", (signal) =>
        wire.call(2, "tools/call", { name: "render_image", arguments: input }, signal),
      );
      story.cut = armed.done;
      const job = take(story, result as never);
      const client = await connectHttp("v1", scene.studio, scene.accessKey);
      await waitUntilDone(story, async () => client, job).finally(() => client.close());
    });
  };
}

interface Following {
  open(last: string | undefined, signal: AbortSignal): Promise<AsyncGenerator<Event>>;
  look(): Promise<Job>;
}

/** As a client that trusts its stream: it looks when it is told to, and once whenever it had to open it anew. */
async function follow(story: Story, { open, look }: Following): Promise<void> {
  const over = AbortSignal.timeout(90_000);
  const ids = new Set<string>();
  let last: string | undefined;
  for (let times = 0; ; times++) {
    try {
      const stream = await open(last, over);
      if ((await look()).state === "succeeded") return;
      for await (const { id, message } of stream) {
        if (id && ids.has(id)) story.wrong.push(`event ${id} came twice`);
        if (id) ids.add(id);
        last = id ?? last;
        if (message?.method === "notifications/resources/updated" && (await look()).state === "succeeded") return;
      }
    } catch (error) {
      if (over.aborted) throw error;
    }
    story.again += 1;
    if (times > 500) throw new Error("the stream never holds");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function sessionStream(scene: Scene): Promise<Story> {
  const at = { after: within(scene.chance, 0, 400) };
  return through(scene, `raw session, ${JSON.stringify(at)}`, async (proxy, story) => {
    const wire = await openWire(proxy.url, scene.accessKey);
    const client = await connectHttp("v2 legacy", scene.studio, scene.accessKey);
    const job = await submit(story, async () => client, render(scene));
    const uri = `myspinbot://jobs/${job.id}`;
    const armed = proxy.arm({ of: "GET /mcp", at, reset: scene.chance() < 0.5 });
    let asked = 10;
    await persist(story, "resources/subscribe", (signal) => wire.call(asked++, "resources/subscribe", { uri }, signal));
    await follow(story, {
      open: (last, signal) => wire.stream(last, signal),
      look: async () => jobIn((await client.call("get_job", { job_id: job.id })) as never),
    }).finally(() => client.close());
    story.cut = armed.done;
  });
}

export function listenStream(scene: Scene): Promise<Story> {
  const at = { after: within(scene.chance, 0, 400) };
  return through(scene, `raw 2026 listen, ${JSON.stringify(at)}`, async (proxy, story) => {
    const client = await connectHttp("v2 modern", scene.studio, scene.accessKey);
    const job = await submit(story, async () => client, render(scene));
    const params = { notifications: { resourceSubscriptions: [`myspinbot://jobs/${job.id}`] } };
    const armed = proxy.arm({ of: "subscriptions/listen", at, reset: scene.chance() < 0.5 });
    await follow(story, {
      open: async (_last, signal) => events(await askModern(proxy.url, scene.accessKey, "subscriptions/listen", params, signal)),
      look: async () => jobIn(await client.call("get_job", { job_id: job.id })),
    }).finally(() => client.close());
    story.cut = armed.done;
  });
}
