/** A person's yes in the chat and over the OpenAI face: one question for the whole plan, answered in words or by a dialog, over restarts, once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../core/ids.ts";
import { type Burning, questionOf, startBurning } from "./setup/burning.ts";
import { errorsOf, jobsOf, type Product, textOf } from "./setup/product.ts";

let burning: Burning;
let product: Product;
const ask: Burning["ask"] = (...given) => burning.ask(...given);
const post: Burning["post"] = (...given) => burning.post(...given);
const say: Burning["say"] = (...given) => burning.say(...given);
const burnt: Burning["burnt"] = (...given) => burning.burnt(...given);

beforeAll(async () => {
  burning = await startBurning();
  product = burning.product;
}, 120_000);
afterAll(() => burning?.close());

describe("in the chat", () => {
  it("asks one question for the whole plan, and a yes in words starts it, once", async () => {
    const conversation = newId("conv");
    const parts = await product.say("/burn moon", { conversation });
    expect(jobsOf(parts)).toEqual([]);
    const question = questionOf(parts);
    expect(question.text).toMatch(/Answer yes or no[\s\S]*burn_disc[\s\S]*"words":"moon"[\s\S]*cannot be erased/);
    const asked = (await ask("GET", `/v1/approvals/${question.id}`)).body;
    expect(asked).toMatchObject({ state: "open", face: "chat", conversation });
    const done = await product.say("yes", { conversation });
    expect(jobsOf(done)).toMatchObject([{ tool: "burn_disc", state: "succeeded", input: asked.calls?.[0]?.input }]);
    expect((await ask("GET", `/v1/approvals/${question.id}`)).body).toMatchObject({ state: "used", how: "words" });
    await product.say("yes", { conversation });
    expect(await burnt("moon")).toHaveLength(1);
  });

  it("a no in words starts nothing", async () => {
    const conversation = newId("conv");
    const { id } = questionOf(await product.say("/burn sun", { conversation }));
    expect(textOf(await product.say("no", { conversation }))).toContain("Nothing was submitted");
    expect((await ask("GET", `/v1/approvals/${id}`)).body.state).toBe("declined");
    expect(await burnt("sun")).toEqual([]);
  });

  it("a yes that a dialog took goes on with the chat's yes; a no of the dialog is not outvoted by words", async () => {
    for (const answer of ["yes", "no"] as const) {
      const conversation = newId("conv");
      const { id } = questionOf(await product.say(`/burn dialog ${answer}`, { conversation }));
      await say(id, answer);
      const parts = await product.say("yes", { conversation });
      if (answer === "no") expect(errorsOf(parts)).toMatchObject([{ code: "conflict" }]);
      expect(await burnt(`dialog ${answer}`)).toHaveLength(answer === "yes" ? 1 : 0);
    }
  });

  it("two messages that say yes at once are one job", async () => {
    const conversation = newId("conv");
    questionOf(await product.say("/burn twins", { conversation }));
    await Promise.all([product.say("yes", { conversation, message: "y1" }), product.say("yes", { conversation, message: "y2" })]);
    expect(await burnt("twins")).toHaveLength(1);
  });

  it("the question outlives the server", async () => {
    const conversation = newId("conv");
    const { id } = questionOf(await product.say("/burn phoenix", { conversation }));
    await product.restart();
    expect((await ask("GET", `/v1/approvals/${id}`)).body.state).toBe("open");
    expect(jobsOf(await product.say("yes", { conversation }))).toMatchObject([{ state: "succeeded" }]);
    expect(await burnt("phoenix")).toHaveLength(1);
  });

  it("where something is to be filled in, words alone are not enough: it says so, asks on, and goes on once that is done", async () => {
    const conversation = newId("conv");
    const { id, path } = questionOf(await product.say("/lend song", { conversation }));
    const parts = await product.say("yes", { conversation });
    expect(textOf(parts)).toContain(path);
    expect(textOf(parts)).toContain("agreed: must be ticked");
    expect(questionOf(parts).id).toBe(id);
    const answered = await post(`/v1/approvals/${id}`, { answer: "yes", values: { whose: "June", agreed: true } });
    expect([answered.status, answered.body.state]).toEqual([200, "approved"]);
    expect(jobsOf(await product.say("yes", { conversation }))).toMatchObject([{ tool: "lend_voice", input: { words: "song" } }]);
  });

  it("the asking message again is the same question; after a yes elsewhere it goes on", async () => {
    const asking = { conversation: newId("conv"), message: newId("msg") };
    const [one, two] = [questionOf(await product.say("/burn same", asking)), questionOf(await product.say("/burn same", asking))];
    expect(two.id).toBe(one.id);
    await say(one.id, "yes");
    const [job] = jobsOf(await product.say("/burn same", asking));
    expect(job?.tool).toBe("burn_disc");
    // and once more: the job that it became, or that there is none
    expect(jobsOf(await product.say("/burn same", asking)).map(({ id }) => id)).toEqual([job?.id]);
    expect(await burnt("same")).toHaveLength(1);
    const refused = { conversation: newId("conv"), message: newId("msg") };
    await say(questionOf(await product.say("/burn never", refused)).id, "no");
    expect(textOf(await product.say("/burn never", refused))).toContain("Nothing was submitted");
    expect(await burnt("never")).toEqual([]);
  });

  it("asks for a reroll of such a job", async () => {
    const conversation = newId("conv");
    await product.say("/burn twice", { conversation });
    const [job] = jobsOf(await product.say("yes", { conversation }));
    const question = questionOf(await product.say(`/reroll ${job?.id}`, { conversation }));
    expect(question.plan).toMatchObject({ calls: [{ tool: "burn_disc", input: { words: "twice" } }] });
    await product.say("yes", { conversation });
    expect(await burnt("twice")).toHaveLength(2);
  });
});

it.each([{}, { "idempotency-key": "the turn that asks" }])(
  "over the OpenAI face the question and the answer are words, %o",
  async (first) => {
    const what = `openai ${Object.keys(first).length}`;
    let headers: Record<string, string> = first;
    const messages: { role: string; content: string }[] = [];
    const turn = async (content: string) => {
      messages.push({ role: "user", content });
      const { body } = await post("/v1/chat/completions", { model: "myspinbot", messages }, headers);
      headers = {};
      const answer = (body as unknown as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? "";
      messages.push({ role: "assistant", content: answer });
      return answer;
    };
    expect(await turn(`/burn ${what}`)).toContain("Answer yes or no");
    expect(await burnt(what)).toEqual([]);
    await turn("yes");
    expect(await burnt(what)).toHaveLength(1);
  },
);
