/** SDK clients over HTTP, of both eras, whose connection breaks in a submit or in a wait. */
import { connectHttp, kinds, type TestClient } from "../../../mcp-server/testing/clients.ts";
import { pick } from "../random.ts";
import { type Moment, startProxy } from "./proxy.ts";
import { newStory, render, type Scene, type Story, submit, waitUntilDone } from "./story.ts";

interface Where {
  call: "render_image" | "wait_for_job";
  moment(chance: () => number): Moment;
}

export function overHttp({ call, moment }: Where): (scene: Scene) => Promise<Story> {
  return async (scene) => {
    const { chance, studio, accessKey } = scene;
    const kind = pick(kinds, chance);
    const at = moment(chance);
    const reset = chance() < 0.5;
    const progress = call === "wait_for_job" && ("progress" in at || chance() < 0.5);
    const story = newStory(`${kind}, ${JSON.stringify(at)}${reset ? " by reset" : ""}`);
    const proxy = await startProxy(studio);
    let client: TestClient | undefined;
    const open = async () => client as TestClient;
    try {
      client = await connectHttp(kind, proxy.url, accessKey);
      await client.tools();
      const armed = proxy.arm({ of: `"name":"${call}"`, at, reset });
      const job = await submit(story, open, render(scene));
      const done = await waitUntilDone(story, open, job, progress ? () => undefined : undefined);
      story.cut = armed.done;
      if (done.id !== job.id) story.wrong.push(`${job.id} became ${done.id}`);
      return story;
    } finally {
      await client?.close().catch(() => undefined);
      await proxy.close();
    }
  };
}
