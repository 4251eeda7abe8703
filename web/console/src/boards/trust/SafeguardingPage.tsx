// SafeguardingPage.tsx - the history of the daily proof that customers' money is whole, drawn and listed; taken now on demand.
import { api, Chart, day, useList, useSession, useWords } from "@tael/shared";
import { useCallback } from "react";
import { overTime } from "../../ui/charts";
import { DataTable } from "../../ui/DataTable";
import { ActionButton } from "../../ui/form";
import { useMarket, useMoney } from "../../ui/market";
import { PageHead, Sheet } from "../../ui/Page";

export default function SafeguardingPage() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { currency } = useMarket();
  const { has } = useSession();
  const recent = useList("/v1/safeguarding", { limit: 90 });
  const rows = recent.items;
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => {
      const points = rows.filter((p) => p.currency === currency).reverse();
      return overTime(c, points.map((p) => day(p.business_date, locale)), [
        { name: t("trust.held"), type: "line", area: true, data: points.map((p) => p.assets), colour: c("--t-brand"), print: (v) => money(v) },
        { name: t("trust.owed"), type: "line", data: points.map((p) => p.owed), colour: c("--t-gold"), print: (v) => money(v) },
      ], [{ print: (v) => money(v).replace(/[.,]00$/, "") }]);
    },
    [rows, currency, locale, t, money],
  );
  return (
    <>
      <PageHead title={t("trust.safeguarding")} lead={t("trust.safeguardingLead")}>{has("operate") && <ActionButton primary run={(key) => api.post("/v1/safeguarding", { key })}>{t("trust.take")}</ActionButton>}</PageHead>
      {rows.length > 1 && <Sheet title={t("trust.chart")} className="c-gap"><Chart option={option} label={t("trust.chart")} height={240} /></Sheet>}
      <DataTable name="safeguarding" path="/v1/safeguarding" rowKey={(p) => p.taken_at + p.entity + p.currency} columns={[
        { key: "date", title: t("trust.date"), kind: "day", value: (p) => p.business_date }, { key: "equal", title: t("trust.equal"), kind: "state", value: (p) => (p.equal ? "equal" : "unequal"), render: (p) => <span className={`t-chip ${p.equal ? "good" : "bad"}`}>{t(p.equal ? "st.equal" : "st.unequal")}</span> },
        { key: "taken", title: t("trust.taken"), kind: "time", value: (p) => p.taken_at, wide: true }, { key: "advanced", title: t("trust.advanced"), kind: "money", value: (p) => p.advanced || null, currency: (p) => p.currency, wide: true },
        { key: "held", title: t("trust.held"), kind: "money", value: (p) => p.assets, currency: (p) => p.currency }, { key: "owed", title: t("trust.owed"), kind: "money", value: (p) => p.owed, currency: (p) => p.currency }]} />
    </>
  );
}
