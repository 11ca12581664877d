/** The container's health check: 0 where the studio takes work, 1 where it does not. The image has no curl. */
try {
  const answer = await fetch("http://127.0.0.1:4417/readyz");
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
