/** The page's one style sheet, and its hash: the page runs no script and loads nothing. */
import { createHash } from "node:crypto";

export const style = `
:root { color-scheme: light dark; --back: #f5f5f2; --card: #fff; --text: #1c1c1a; --soft: #5d5d58; --line: #d9d9d2; --yes: #1d6b3a; --no: #8a2b22; --note: #fff4d6; }
@media (prefers-color-scheme: dark) { :root { --back: #151514; --card: #1f1f1d; --text: #ececea; --soft: #a3a39c; --line: #3a3a36; --yes: #247a45; --no: #b4483c; --note: #3a3116; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 1rem 0; }
.soft { color: var(--soft); font-size: .9rem; }
.why { background: var(--note); border-radius: .4rem; padding: .5rem .75rem; }
blockquote { margin: .5rem 0; padding: .25rem 0 .25rem .75rem; border-left: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .25rem .75rem; margin: .75rem 0 0; }
dt { color: var(--soft); overflow-wrap: anywhere; }
dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
label { display: block; margin: .75rem 0; }
input[type=text], input[type=password] { width: 100%; font: inherit; padding: .5rem; margin-top: .25rem; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: .4rem; }
.answers { display: flex; gap: .75rem; flex-wrap: wrap; margin-top: 1rem; }
button { flex: 1 1 8rem; font: inherit; font-weight: 600; padding: .75rem 1rem; border: 0; border-radius: .5rem; color: #fff; cursor: pointer; }
button[value=yes] { background: var(--yes); }
button[value=no] { background: var(--no); }
:focus-visible { outline: 3px solid #5b8def; outline-offset: 2px; }
.error { border: 2px solid var(--no); border-radius: .4rem; padding: .5rem .75rem; }
`;

export const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");
