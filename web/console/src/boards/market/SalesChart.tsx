// SalesChart.tsx - orders and sales over time, by the day or the hour.
import { Chart, count, Failure, Loading, useWords } from "@tael/shared";
import { useCallback, useState } from "react";
import { axisDay, Choice, overTime } from "../../ui/charts";
import { useMoney } from "../../ui/market";
import { Sheet } from "../../ui/Page";
import { useSeries, type Point } from "./data";

export const periods = [7, 30, 90, 365];

export function pointName(p: Point, by: string, locale: string): string {
  return by === "hour" ? `${axisDay(p.on, locale)} ${String(p.hour).padStart(2, "0")}:00` : axisDay(p.on, locale);
}

export default function SalesChart() {
  const { t, locale } = useWords();
  const money = useMoney();
  const [days, setDays] = useState(30);
  const by = days <= 7 ? "hour" : "day";
  const { data, error, refetch } = useSeries(days, by);
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => {
      const points = data?.points ?? [];
      return overTime(c, points.map((p) => pointName(p, by, locale)), [
        { name: t("market.sales"), type: "bar", data: points.map((p) => p.sales), colour: c("--t-brand"), print: (v) => money(v) },
        { name: t("market.orders"), type: "line", axis: 1, data: points.map((p) => p.orders), colour: c("--t-gold"), print: (v) => count(v, locale) },
      ], [{ print: (v) => money(v).replace(/[.,]00$/, "") }, {}]);
    },
    [data, by, locale, t, money],
  );
  return (
    <Sheet title={t("market.sales")} aside={<Choice label={t("table.days")} value={days} set={setDays} options={periods.map((value) => ({ value, label: t(`market.d${value}`) }))} />}>
      {error && !data ? <Failure error={error} retry={() => void refetch()} /> : !data ? <Loading tall={2} lines={0} /> : <Chart option={option} label={t("market.salesLabel")} height={260} />}
    </Sheet>
  );
}
