/** How A1111 reads a prompt: the parts of its syntax that would do something. Written from what its pages say of it. */
export interface ReadPrompt {
  /** What the encoder gets. */
  text: string;
  loras: { name: string; weight: number }[];
  /** Names of the syntax that was found: empty where it is words alone. */
  syntax: string[];
}

export function readPrompt(prompt: string, { comments }: { comments: boolean }): ReadPrompt {
  const syntax: string[] = [];
  const loras: ReadPrompt["loras"] = [];
  let text = prompt;
  if (comments && text.includes("#")) {
    syntax.push("comment");
    text = text.replace(/#[^\n]*(\n|$)/g, "\n");
  }
  text = text.replace(/<(\w+):([^>]+)>/g, (_whole, kind: string, rest: string) => {
    const [name = "", weight = "1"] = rest.split(":");
    if (kind === "lora") loras.push({ name, weight: Number(weight) });
    else syntax.push(kind);
    return "";
  });
  if (/\bAND\b/.test(text)) syntax.push("AND");
  if (/\bBREAK\b/.test(text)) syntax.push("BREAK");
  if (/:\s*[-+]?(\d+\.?|\d*\.\d+)\s*$/.test(text)) syntax.push("weight");
  // a backslash takes the meaning of what follows it
  text = text.replace(/\\([\\()[\]])|[()[\]]/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) syntax.push(whole);
    return escaped ?? "";
  });
  return { text: text.trim(), loras, syntax };
}
