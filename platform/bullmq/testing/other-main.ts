/** Opens a lane on one family, says what it takes and loses, and never finishes an item; or closes at once, to see whether the process ends. */
import { silentLog } from "../../../core/log.ts";
import { type BullQueueOptions, createBullQueue } from "../queue.ts";

const order = JSON.parse(process.argv[2] ?? "{}") as {
  options: Partial<BullQueueOptions>;
  family: string;
  task?: string;
  closeAtOnce?: boolean;
};
const queue = await createBullQueue({ families: [order.family], log: silentLog, ...order.options });
const lane = await queue.lane("other", [order.family], {
  handle: (id, lost) =>
    new Promise((resolve) => {
      console.log(`took ${id}`);
      lost.addEventListener("abort", () => {
        console.log(`lost ${id}`);
        resolve();
      });
    }),
  between: async () => {},
});
await lane.open(order.family);
if (order.task) await queue.every(order.task, 500, async () => console.log("tick"));
console.log("open");
if (order.closeAtOnce) {
  await queue.close();
  console.log("closed");
}
