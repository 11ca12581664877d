/** A board as the JSON that Grafana 11 and later read. */
import type { Board, Panel, Query } from "./panel.ts";

const source = { type: "prometheus", uid: "prometheus" };

type Json = Record<string, unknown>;

const refId = (index: number) => String.fromCharCode(65 + index);

function targets({ kind, queries }: Panel): Json[] {
  const instant = kind === "stat" || kind === "bars" || kind === "gauge" || kind === "table";
  const format = kind === "table" ? "table" : kind === "heat" ? "heatmap" : "time_series";
  return queries.map(({ expr, legend }, index) => ({
    ...{ refId: refId(index), datasource: source, editorMode: "code", expr, format, instant, range: !instant },
    legendFormat: kind === "table" ? "__auto" : (legend ?? "__auto"),
  }));
}

function custom(panel: Panel): Json {
  if (panel.kind === "states") return { fillOpacity: 70, lineWidth: 0 };
  if (panel.kind === "table") return { align: "auto", filterable: false };
  if (panel.kind !== "lines") return {};
  const { style = "line" } = panel;
  return {
    ...{
      drawStyle: style === "columns" ? "bars" : "line",
      lineInterpolation: "linear",
      lineWidth: 1,
      showPoints: "auto",
      spanNulls: false,
    },
    fillOpacity: style === "line" ? 8 : style === "stack" ? 30 : 80,
    stacking: { mode: style === "line" ? "none" : "normal", group: "A" },
    // a limit is a line that is seen when it is near
    thresholdsStyle: { mode: panel.limits ? "dashed" : "off" },
  };
}

function mappings({ words }: Panel): Json[] {
  if (!words) return [];
  const options = Object.fromEntries(Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }]));
  return [{ type: "value", options }];
}

function fields(panel: Panel): Json {
  const { unit, limits = [], calm = "green", nothing, decimals, min, max } = panel;
  const steps = [{ color: calm, value: null }, ...limits.map(([value, color]) => ({ color, value }))];
  const plain = panel.kind === "lines" || panel.kind === "heat";
  return {
    ...{ unit, mappings: mappings(panel), thresholds: { mode: "absolute", steps }, custom: custom(panel) },
    color: { mode: plain ? "palette-classic" : "thresholds" },
    ...(nothing === undefined ? {} : { noValue: nothing }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

const reduced = { calcs: ["lastNotNull"], fields: "", values: false };
const tooltip = { mode: "multi", sort: "desc" };

const options: Record<Panel["kind"], (panel: Panel) => Json> = {
  stat: (panel) => ({
    ...{ reduceOptions: reduced, orientation: "auto", colorMode: "background_solid", graphMode: "none", justifyMode: "center" },
    textMode: { value: "value", name: "name", both: "value_and_name" }[(panel.kind === "stat" && panel.show) || "value"],
  }),
  bars: () => ({
    ...{ reduceOptions: reduced, orientation: "horizontal", displayMode: "basic", valueMode: "color", showUnfilled: true },
    ...{ namePlacement: "auto", sizing: "auto", minVizWidth: 8, minVizHeight: 16, maxVizHeight: 32 },
  }),
  gauge: () => ({ reduceOptions: reduced, orientation: "auto", showThresholdLabels: false, showThresholdMarkers: true }),
  lines: () => ({ legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] }, tooltip }),
  states: () => ({
    ...{ mergeValues: true, showValue: "never", alignValue: "left", rowHeight: 0.8 },
    ...{ legend: { displayMode: "list", placement: "bottom", showLegend: false }, tooltip: { mode: "single", sort: "none" } },
  }),
  heat: (panel) => ({
    ...{ calculate: false, cellGap: 1, color: { mode: "scheme", scheme: "Blues", steps: 32, exponent: 0.5 } },
    ...{ yAxis: { unit: panel.unit, axisPlacement: "left" }, rowsFrame: { layout: "auto" }, showValue: "never" },
    ...{ legend: { show: true }, tooltip: { mode: "single", showColorScale: false } },
  }),
  table: () => ({ showHeader: true, cellHeight: "sm", footer: { show: false } }),
};

/** One row for each combination of labels, and columns with names that a person reads. */
function tableParts(panel: Panel): Json {
  if (panel.kind !== "table") return {};
  const named = (index: number, { legend }: Query) => legend ?? `Value #${refId(index)}`;
  const single = panel.queries.length === 1;
  const columnOf = (index: number) => (single ? "Value" : `Value #${refId(index)}`);
  const shown = Object.keys(panel.columns);
  const values = panel.queries.map((query, index) => ({
    from: columnOf(index),
    to: named(index, query),
    hidden: query.legend === undefined,
  }));
  return {
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true, ...Object.fromEntries(values.filter(({ hidden }) => hidden).map(({ from }) => [from, true])) },
          includeByName: {},
          indexByName: Object.fromEntries([...shown, ...values.map(({ from }) => from)].map((name, index) => [name, index])),
          renameByName: {
            ...panel.columns,
            ...Object.fromEntries(values.filter(({ hidden }) => !hidden).map(({ from, to }) => [from, to])),
          },
        },
      },
    ],
    overrides: values.flatMap(({ to }, index) => {
      const unit = panel.units?.[index];
      return unit ? [{ matcher: { id: "byName", options: to }, properties: [{ id: "unit", value: unit }] }] : [];
    }),
  };
}

const grafanaTypes: Record<Panel["kind"], string> = {
  ...{ stat: "stat", bars: "bargauge", gauge: "gauge", lines: "timeseries", states: "state-timeline", heat: "heatmap", table: "table" },
};

function panelJson(panel: Panel, id: number, place: { x: number; y: number }): Json {
  const { title, about, width, height, kind } = panel;
  const { overrides = [], ...more } = tableParts(panel);
  const step = (kind === "lines" || kind === "heat") && panel.step;
  return {
    ...{ id, type: grafanaTypes[kind], title, description: about, datasource: source },
    gridPos: { x: place.x, y: place.y, w: width, h: height },
    targets: targets(panel),
    fieldConfig: { defaults: fields(panel), overrides },
    options: options[kind](panel),
    ...(step ? { interval: step } : {}),
    ...more,
  };
}

/** From left to right; a panel that does not fit begins a new line below the tallest of the last. */
function layOut({ sections }: Board): Json[] {
  const found: Json[] = [];
  let y = 0;
  for (const { title, panels } of sections) {
    const gridPos = { x: 0, y, w: 24, h: 1 };
    found.push({ id: found.length + 1, type: "row", title, collapsed: false, gridPos, panels: [] });
    y += 1;
    let x = 0;
    let tallest = 0;
    for (const panel of panels) {
      if (x + panel.width > 24) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      found.push(panelJson(panel, found.length + 1, { x, y }));
      x += panel.width;
      tallest = Math.max(tallest, panel.height);
    }
    y += tallest;
  }
  return found;
}

function choiceJson({ name, title, metric, label }: NonNullable<Board["choice"]>): Json {
  const question = `label_values(${metric}, ${label})`;
  return {
    ...{ name, label: title, type: "query", datasource: source, definition: question, hide: 0, refresh: 2, regex: "", sort: 1 },
    query: { qryType: 1, query: question, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    ...{ includeAll: true, allValue: ".+", multi: false, options: [], current: { selected: true, text: "All", value: "$__all" } },
  };
}

export function dashboardJson(board: Board): Json {
  const { uid, title, about, from, choice } = board;
  return {
    ...{ uid, title, description: about, tags: ["myspinbot"], schemaVersion: 39, version: 1, editable: false, graphTooltip: 1 },
    ...{ refresh: "30s", time: { from, to: "now" }, timepicker: {}, timezone: "browser", weekStart: "", fiscalYearStartMonth: 0 },
    annotations: { list: [] },
    links: [
      {
        ...{ type: "dashboards", title: "Others", tags: ["myspinbot"], asDropdown: false, includeVars: false, keepTime: true },
        ...{ targetBlank: false, icon: "external link", tooltip: "", url: "" },
      },
    ],
    templating: { list: choice ? [choiceJson(choice)] : [] },
    panels: layOut(board),
  };
}
