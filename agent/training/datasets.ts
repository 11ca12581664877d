/** A training needs a dataset: where a plan has photos and none of that name, it is made first. */
import { sameName } from "../../core/asset.ts";
import { isId } from "../../core/ids.ts";
import type { Memory } from "../memory/memory.ts";
import type { PlannedCall } from "../plan.ts";
import { filesMeant } from "./files.ts";
import { findKnown, freeName, plannedAsset } from "./known.ts";

/** What a model writes where it means the photos of the message. */
const photos =
  /^(?:all|these|those|them|this|that|it|the|my|attached)\b|\b(?:attach\w*|photos?|pictures?|images?|files?|upload\w*)\b|^art_/iu;

/** The name of the dataset that a training asks for; undefined where it says only which photos, or nothing. */
function asked({ input }: PlannedCall): string | undefined {
  const ref = input["dataset"];
  return typeof ref === "string" && ref !== "" && !photos.test(ref) && ref.length <= 60 ? ref : undefined;
}

const makes = (maker: PlannedCall, name: string): boolean => sameName(plannedAsset(maker)?.name ?? "", name);

/** Each training with its dataset named, and behind the call that makes it. */
export function withDatasets<Call extends PlannedCall>(calls: readonly Call[], memory: Memory): Call[] {
  const known = memory.known ?? [];
  const makers = calls.filter(({ tool }) => tool === "make_dataset");
  const plan = new Set<Call>();
  for (const call of calls) {
    const lora = call.tool === "train_lora" ? plannedAsset(call)?.name : undefined;
    if (lora === undefined) {
      plan.add(call);
      continue;
    }
    const on = (dataset: string) => plan.add({ ...call, input: { ...call.input, dataset } });
    const ref = asked(call);
    const wanted = ref ?? lora;
    const maker = makers.find((one) => makes(one, wanted)) ?? (ref === undefined ? makers[0] : undefined);
    if (maker) {
      plan.add(maker);
      on(plannedAsset(maker)?.name ?? wanted);
      continue;
    }
    const there = findKnown(known, "dataset", wanted);
    const photos = filesMeant(memory);
    // photos that come with the request are what it is to learn, whatever was made of others under this name
    const fresh = ref === undefined && memory.attachments.length > 0;
    if ((there && !fresh) || photos.length === 0 || isId("ast", wanted)) on(there?.name ?? wanted);
    else {
      const name = freeName(known, "dataset", wanted);
      plan.add({ ...call, tool: "make_dataset", input: { name, pictures: photos } });
      on(name);
    }
  }
  return [...plan];
}
