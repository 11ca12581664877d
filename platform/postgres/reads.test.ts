/** PostgreSQL keeps the contract of the job store: reads. */
import { readsContract } from "./testing/contract/reads.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ database }) => readsContract(() => database().jobs));
