/** PostgreSQL keeps the contract of the job store: attempts. */
import { attemptsContract } from "./testing/contract/attempts.ts";
import { onEveryServer } from "./testing/servers.ts";

onEveryServer(({ database }) => attemptsContract(() => database().jobs));
