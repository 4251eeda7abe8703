// charts.tsx - what the console's charts over time have in common: quiet axes, tokens for colours, amounts in the
// reader's form.
import type { ChartOption, token } from "@tael/shared";
import { Segmented } from "antd";

type Colours = typeof token;
export type Line = { name: string; type: "bar" | "line"; data: (number | null)[]; colour: string; axis?: 0 | 1; stack?: string; area?: boolean; print?: (v: number) => string };

const days = new Map<string, Intl.DateTimeFormat>();

// A business date under an axis, where the year goes without saying.
export function axisDay(on: string, locale: string): string {
  let format = days.get(locale);
  if (!format) days.set(locale, (format = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" })));
  return format.format(new Date(`${on}T00:00:00Z`));
}

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function overTime(c: Colours, at: string[], lines: Line[], axes: { print?: (v: number) => string }[]): ChartOption {
  // Nothing happened: one line at zero. Counts and minor units have no halves.
  const on = (i: number) => lines.filter((l) => (l.axis ?? 0) === i).flatMap((l) => l.data);
  const scale = (i: number) => (on(i).every((v) => !v) ? { min: 0, max: 1, interval: 1 } : on(i).every((v) => Number.isInteger(v ?? 0)) ? { minInterval: 1 } : {});
  const label = (i: number, print?: (v: number) => string) => (v: number) => (v !== 0 && on(i).every((x) => !x) ? "" : print ? print(Math.round(v)) : short.format(v));
  const quiet = { axisLine: { lineStyle: { color: c("--t-line") } }, axisTick: { show: false }, axisLabel: { color: c("--t-soft"), fontSize: 11 } };
  return {
    animationDuration: 350,
    grid: { left: 4, right: axes.length > 1 ? 4 : 10, top: 34, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "roundRect", textStyle: { color: c("--t-soft"), fontSize: 12 } },
    tooltip: {
      trigger: "axis", backgroundColor: c("--t-raised"), borderColor: c("--t-line"), textStyle: { color: c("--t-ink"), fontSize: 12.5 },
      formatter: (points: { dataIndex: number; seriesIndex: number; marker: string; seriesName: string; value: number | null; axisValue: string }[]) =>
        `${points[0]?.axisValue ?? ""}<br>${points.filter((p) => p.value !== null).map((p) => `${p.marker}${p.seriesName}&nbsp; <b>${lines[p.seriesIndex]?.print?.(p.value ?? 0) ?? p.value}</b>`).join("<br>")}`,
    },
    // A legend of many names takes two rows where it is narrow.
    ...(lines.length > 3 ? { media: [{ query: { maxWidth: 430 }, option: { grid: { top: 56 } } }, { option: { grid: { top: 34 } } }] } : {}),
    xAxis: { type: "category", data: at, boundaryGap: lines.some((l) => l.type === "bar"), ...quiet, axisLabel: { ...quiet.axisLabel, hideOverlap: true, alignMaxLabel: "right" } },
    yAxis: axes.map((a, i) => ({ type: "value", splitNumber: 4, ...scale(i), splitLine: { show: i === 0, lineStyle: { color: c("--t-line") } }, ...quiet, axisLabel: { ...quiet.axisLabel, formatter: label(i, a.print) } })),
    series: lines.map((l) => ({
      name: l.name, type: l.type, data: l.data, yAxisIndex: l.axis ?? 0, stack: l.stack, showSymbol: at.length < 3, smooth: 0.25, smoothMonotone: "x", barMaxWidth: 18,
      itemStyle: { color: l.colour, borderRadius: l.type === "bar" ? [3, 3, 0, 0] : 0 }, lineStyle: { width: 2, color: l.colour }, areaStyle: l.area ? { color: l.colour, opacity: 0.12 } : undefined,
    })),
  };
}

export function Choice<T extends string | number>(props: { value: T; options: { value: T; label: string }[]; set: (v: T) => void; label: string }) {
  return <Segmented size="small" value={props.value} options={props.options} onChange={(v) => props.set(v as T)} aria-label={props.label} />;
}
