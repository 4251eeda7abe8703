// Chart.tsx - a chart whose library comes with it, lazily. `label` is what a screen reader says; the figures themselves
// should stand in a table or text nearby. Colours come from the theme's tokens.
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { useEffect, useRef, useState } from "react";
import { useTheme } from "../theme/theme";

export type ChartOption = EChartsCoreOption;

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

// The value of a token, for what is painted on a canvas: token("--t-brand").
export const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart(props: {
  option: (colours: typeof token) => ChartOption;
  label: string;
  height?: number;
  onClick?: (params: { name: string; data: unknown; dataType?: string }) => void;
}) {
  const at = useRef<HTMLDivElement>(null), chart = useRef<EChartsType | null>(null);
  const click = useRef(props.onClick);
  click.current = props.onClick;
  const [ready, setReady] = useState(false);
  const { dark } = useTheme();
  useEffect(() => {
    let gone = false;
    const watch = new ResizeObserver(() => chart.current?.resize());
    void import("./echarts").then(({ core }) => {
      if (gone || !at.current) return;
      chart.current = core.init(at.current, null, { renderer: "canvas" });
      chart.current.on("click", (p) => click.current?.(p as never));
      watch.observe(at.current);
      setReady(true);
    });
    return () => {
      gone = true;
      watch.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);
  const { option } = props;
  useEffect(() => {
    if (ready) chart.current?.setOption({ animation: !still.matches, textStyle: { fontFamily: token("--t-font") }, ...option(token) }, true);
  }, [ready, dark, option]);
  return <div ref={at} role="img" aria-busy={!ready} aria-label={props.label} style={{ height: props.height ?? 220, width: "100%" }} />;
}
