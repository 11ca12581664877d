/** HTML as text: everything that goes in is escaped, unless it was made here. */
import { visible } from "../../core/visible.ts";

/** Markup that was made by `html`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

type Part = string | number | Markup | undefined | false | readonly Part[];

function part(value: Part): string {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(part).join("");
  if (value === undefined || value === false) return "";
  return visible(String(value)).replace(/[&<>"']/g, (one) => entities[one] ?? one);
}

export function html(strings: TemplateStringsArray, ...values: Part[]): Markup {
  return new Markup(strings.reduce((whole, text, index) => whole + part(values[index - 1]) + text));
}
