// EngineChart.tsx - how the engine was, by the minute: commands run and how long a commit took.
import { api, Chart, clockTime, count, Empty, Failure, Loading, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { overTime } from "../../ui/charts";
import { Sheet } from "../../ui/Page";

export default function EngineChart() {
  const { t, locale } = useWords();
  const { data, error, refetch } = useQuery({ queryKey: ["minutes"], queryFn: () => api.get("/v1/engine/minutes", { query: { minutes: 180 } }), refetchInterval: 60_000 });
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => {
      const minutes = data?.minutes ?? [];
      return overTime(c, minutes.map((m) => clockTime(m.at, locale).slice(0, 5)), [
        { name: t("market.commands"), type: "line", area: true, data: minutes.map((m) => m.commands), colour: c("--t-brand"), print: (v) => count(v, locale) },
        { name: t("market.p99"), type: "line", axis: 1, data: minutes.map((m) => m.commit_p99_us / 1000), colour: c("--t-gold"), print: (v) => v.toLocaleString(locale, { maximumFractionDigits: 2 }) },
      ], [{}, {}]);
    },
    [data, locale, t],
  );
  return (
    <Sheet title={t("market.engineTitle")}>
      {error && !data ? <Failure error={error} retry={() => void refetch()} /> : !data ? <Loading tall={2} lines={0} />
        : data.minutes.length < 2 ? <Empty title={t("market.noMinutes")} text={t("market.noMinutesText")} />
        : <Chart option={option} label={t("market.engineLabel")} height={240} />}
    </Sheet>
  );
}
