/** Panels in the words of what they show; `dashboard.ts` lays them out as Grafana wants them. */

/** Units of Grafana, as far as they are used: seconds, bytes, shares of 1, per cent, per second, days ... */
export type Unit = "none" | "s" | "bytes" | "percentunit" | "percent" | "reqps" | "ops" | "Bps" | "celsius" | "watt" | "d" | "bool";

export interface Query {
  expr: string;
  /** How a series is called, such as `{{tool}}`. */
  legend?: string;
}

type Colour = "green" | "orange" | "red" | "blue" | "text";

interface Common {
  title: string;
  /** What it tells a person who never saw it, in one or two sentences. */
  about: string;
  queries: readonly Query[];
  unit: Unit;
  /** Of 24. */
  width: number;
  /** Rows of the grid. */
  height: number;
  /** From which value on which colour; what lies below the first is green, or of `calm`. */
  limits?: readonly (readonly [number, Colour])[];
  calm?: Colour;
  /** Words in place of values. */
  words?: Readonly<Record<number, readonly [string, Colour]>>;
  /** What is said where there is no figure. */
  nothing?: string;
  decimals?: number;
  min?: number;
  max?: number;
}

export type Panel =
  /** One figure a series, large. `name`: the series' name is the answer, not its value. */
  | (Common & { kind: "stat"; show?: "value" | "name" | "both" })
  /** Bars of one figure each. */
  | (Common & { kind: "bars" })
  | (Common & { kind: "gauge" })
  /** `step`: least time between two points, where a query counts what happened since the last one. */
  | (Common & { kind: "lines"; style?: "line" | "stack" | "columns"; step?: string })
  /** A row a series, a colour a value. */
  | (Common & { kind: "states" })
  | (Common & { kind: "heat"; step?: string })
  /** One row for each combination of the labels that are `columns`; the queries' values follow, under the names of their legends. */
  | (Common & { kind: "table"; columns: Readonly<Record<string, string>>; units?: readonly Unit[] });

export interface Section {
  title: string;
  panels: readonly Panel[];
}

export interface Board {
  uid: string;
  title: string;
  about: string;
  /** As `now-6h`. */
  from: string;
  /** A choice at the top: the values of a label. */
  choice?: { name: string; title: string; metric: string; label: string };
  sections: readonly Section[];
}

type Rest<K extends Panel["kind"]> = Omit<Extract<Panel, { kind: K }>, "kind" | "title" | "about" | "queries" | "width" | "height"> & {
  width?: number;
  height?: number;
};

const asQueries = (given: string | readonly Query[]): readonly Query[] => (typeof given === "string" ? [{ expr: given }] : given);

export const stat = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 4, height = 4, ...rest }: Rest<"stat">,
): Panel => ({
  ...{ kind: "stat", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const bars = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 8, height = 8, ...rest }: Rest<"bars">,
): Panel => ({
  ...{ kind: "bars", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const gauge = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 4, height = 6, ...rest }: Rest<"gauge">,
): Panel => ({
  ...{ kind: "gauge", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const lines = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 12, height = 8, ...rest }: Rest<"lines">,
): Panel => ({
  ...{ kind: "lines", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const states = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 12, height = 8, ...rest }: Rest<"states">,
): Panel => ({
  ...{ kind: "states", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const heat = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 12, height = 8, ...rest }: Rest<"heat">,
): Panel => ({
  ...{ kind: "heat", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

export const table = (
  title: string,
  about: string,
  queries: string | readonly Query[],
  { width = 12, height = 8, ...rest }: Rest<"table">,
): Panel => ({
  ...{ kind: "table", title, about, queries: asQueries(queries), width, height },
  ...rest,
});

/** Of what is up (1) or down (0). */
export const upWords = { 0: ["down", "red"], 1: ["up", "green"] } as const;

/** Of every process that tells the same figure of the database. */
export const shared = (metric: string, by = ""): string => (by ? `max by (${by}) (${metric})` : `max(${metric})`);
