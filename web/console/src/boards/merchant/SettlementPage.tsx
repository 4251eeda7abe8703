// SettlementPage.tsx - what falls due on which day, statements of what was settled, payouts to the bank.
import { api, Chart, count, day, Empty, Failure, Loading, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useCallback } from "react";
import { axisDay, overTime } from "../../ui/charts";
import { DataTable } from "../../ui/DataTable";
import { useMoney } from "../../ui/market";
import { PageHead, Sheet } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

export const useCalendar = () => useQuery({ queryKey: ["calendar"], queryFn: () => api.get("/v1/settlement-calendar") });

function Calendar() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { data, error, refetch } = useCalendar();
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => overTime(c, (data?.days ?? []).map((d) => axisDay(d.due, locale)), [
      { name: t("merchant.settledAmount"), type: "bar", stack: "due", data: (data?.days ?? []).map((d) => d.settled_amount), colour: c("--t-calm"), print: (v) => money(v) },
      { name: t("merchant.waitingAmount"), type: "bar", stack: "due", data: (data?.days ?? []).map((d) => d.waiting_amount), colour: c("--t-brand"), print: (v) => money(v) },
    ], [{ print: (v) => money(v).replace(/[.,]00$/, "") }]),
    [data, locale, t, money],
  );
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading tall={2} />;
  if (data.days.length === 0) return <Sheet><Empty title={t("merchant.nothingDue")} text={t("merchant.nothingDueText")} /></Sheet>;
  return (
    <>
      <Sheet><Chart option={option} label={t("merchant.calendarLabel")} height={240} /></Sheet>
      <Sheet flush><Rows rows={data.days} rowKey={(d) => d.due} columns={[{ title: t("merchant.due"), of: (d) => <b>{day(d.due, locale)}</b> }, { title: t("merchant.items"), of: (d) => count(d.waiting + d.settled, locale), right: true }, { title: t("merchant.waitingAmount"), of: (d) => <span className="t-money">{money(d.waiting_amount)}</span>, right: true }, { title: t("merchant.settledAmount"), of: (d) => <span className="t-money">{money(d.settled_amount)}</span>, right: true }, { title: t("merchant.reserve"), of: (d) => (d.reserve ? <span className="t-money">{money(d.reserve)}</span> : null), right: true }]} /></Sheet>
    </>
  );
}

export default function SettlementPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("merchant.settlement")} lead={t("merchant.settlementLead")} />
      <Tabs items={[
        { key: "calendar", label: t("merchant.calendar"), children: <Calendar /> },
        { key: "statements", label: t("merchant.statements"), children: (
          <DataTable name="settlements" path="/v1/settlements" rowKey={(s) => s.settlement} columns={[{ key: "on", title: t("merchant.on"), kind: "day", value: (s) => s.business_date }, { key: "items", title: t("merchant.items"), kind: "count", value: (s) => s.items }, { key: "before", title: t("merchant.before"), kind: "money", value: (s) => s.available_before, currency: (s) => s.currency }, { key: "settled", title: t("merchant.settled"), kind: "money", value: (s) => s.settled, currency: (s) => s.currency }, { key: "paid", title: t("merchant.paidOut"), kind: "money", value: (s) => s.paid_out, currency: (s) => s.currency }]} />) },
        { key: "payouts", label: t("merchant.payouts"), children: (
          <DataTable name="own-payouts" path="/v1/payouts" rowKey={(p) => p.payout} columns={[{ key: "on", title: t("merchant.on"), kind: "day", value: (p) => p.on }, { key: "state", title: t("merchant.state"), kind: "state", value: (p) => p.state }, { key: "id", title: t("merchant.payouts"), kind: "id", value: (p) => p.payout, wide: true }, { key: "amount", title: t("merchant.amount"), kind: "money", value: (p) => p.amount, currency: (p) => p.currency }]} />) },
      ]} />
    </>
  );
}
