/** PostgreSQL keeps the contract of the job store: accept. */
import { acceptContract } from "./testing/contract/accept.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ database }) => acceptContract(() => database().jobs));
