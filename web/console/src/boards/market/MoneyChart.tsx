// MoneyChart.tsx - what comes in against what goes out, by the day.
import { Chart, Failure, Loading, useWords } from "@tael/shared";
import { useCallback, useState } from "react";
import { Choice, overTime } from "../../ui/charts";
import { useMoney } from "../../ui/market";
import { Sheet } from "../../ui/Page";
import { useSeries } from "./data";
import { periods, pointName } from "./SalesChart";

export default function MoneyChart() {
  const { t, locale } = useWords();
  const money = useMoney();
  const [days, setDays] = useState(30);
  const { data, error, refetch } = useSeries(days, "day");
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => {
      const points = data?.points ?? [], print = (v: number) => money(Math.abs(v));
      const out = (name: string, values: number[], colour: string) => ({ name, type: "bar" as const, stack: "flow", data: values.map((v) => -v), colour, print });
      return overTime(c, points.map((p) => pointName(p, "day", locale)), [
        { name: t("market.sales"), type: "bar", stack: "flow", data: points.map((p) => p.sales), colour: c("--t-brand"), print },
        { name: t("market.topUps"), type: "bar", stack: "flow", data: points.map((p) => p.topped_up), colour: c("--t-top-up"), print },
        out(t("market.payouts"), points.map((p) => p.paid_out), c("--t-gold")),
        out(t("market.refunds"), points.map((p) => p.refunded), c("--t-bad")),
        out(t("market.withdrawals"), points.map((p) => p.withdrawn), c("--t-calm")),
      ], [{ print: (v) => money(v).replace(/[.,]00$/, "") }]);
    },
    [data, locale, t, money],
  );
  return (
    <Sheet title={t("market.moneyTitle")} aside={<Choice label={t("table.days")} value={days} set={setDays} options={periods.map((value) => ({ value, label: t(`market.d${value}`) }))} />}>
      {error && !data ? <Failure error={error} retry={() => void refetch()} /> : !data ? <Loading tall={2} lines={0} /> : <Chart option={option} label={t("market.moneyLabel")} height={260} />}
    </Sheet>
  );
}
