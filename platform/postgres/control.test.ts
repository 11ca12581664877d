/** PostgreSQL keeps the contract of the job store: control. */
import { controlContract } from "./testing/contract/control.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ database }) => controlContract(() => database().jobs));
