/**
 * The container's health check, in every role: 0 where it takes work, 1 where it does not. The image has no curl.
 * One that answers HTTP is asked there; a worker alone has only the listener of its metrics.
 */
const { ROLES, MYSPINBOT_PORT, MYSPINBOT_METRICS_PORT } = process.env;
const answersHttp = !ROLES || ROLES.split(",").some((role) => role.trim() === "http");
const port = answersHttp ? MYSPINBOT_PORT || "4417" : MYSPINBOT_METRICS_PORT || "9464";
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
