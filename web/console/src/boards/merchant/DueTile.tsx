// DueTile.tsx - what falls due in the next days, as a chart.
import { Chart, Empty, Loading, useWords } from "@tael/shared";
import { useCallback } from "react";
import { Link } from "react-router";
import { axisDay, overTime } from "../../ui/charts";
import { useMoney } from "../../ui/market";
import { Sheet } from "../../ui/Page";
import { useCalendar } from "./SettlementPage";

export default function DueTile() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { data } = useCalendar();
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => overTime(c, (data?.days ?? []).map((d) => axisDay(d.due, locale)), [{ name: t("merchant.waitingAmount"), type: "bar", data: (data?.days ?? []).map((d) => d.waiting_amount), colour: c("--t-brand"), print: (v) => money(v) }], [{ print: (v) => money(v).replace(/[.,]00$/, "") }]),
    [data, locale, t, money],
  );
  return (
    <Sheet title={t("merchant.next30")} aside={<Link to="/settlement">{t("merchant.calendar")}</Link>}>
      {!data ? <Loading /> : data.days.length === 0 ? <Empty title={t("merchant.nothingDue")} text={t("merchant.nothingDueText")} /> : <Chart option={option} label={t("merchant.calendarLabel")} height={230} />}
    </Sheet>
  );
}
