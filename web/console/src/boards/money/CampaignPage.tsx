// CampaignPage.tsx - one campaign's money, day by day, and its vouchers.
import { api, Chart, Empty, Failure, inTongue, Loading, useList, useSession, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Button, InputNumber } from "antd";
import { useCallback, useState } from "react";
import { useParams } from "react-router";
import { axisDay, overTime } from "../../ui/charts";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer, MoneyInput } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { Figure, Figures, PageHead, Sheet } from "../../ui/Page";
import { FundDrawer } from "./CampaignsPage";

export default function CampaignPage() {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const { has } = useSession();
  const cmp = useParams().campaign!;
  const [fund, setFund] = useState(false), [issue, setIssue] = useState(false);
  const list = useList("/v1/campaigns", { limit: 200 });
  const burn = useQuery({ queryKey: ["burn", cmp], queryFn: () => api.get("/v1/campaigns/{cmp}/burn-down", { path: { cmp } }) });
  const c = list.items.find((x) => x.campaign === cmp);
  const days = burn.data?.days;
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (colour) => overTime(colour, (days ?? []).map((d) => axisDay(d.on, locale)), [
      { name: t("money.left"), type: "line", area: true, data: (days ?? []).map((d) => d.left), colour: colour("--t-brand"), print: (v) => money(v) },
      { name: t("money.spent"), type: "bar", data: (days ?? []).map((d) => d.spent), colour: colour("--t-gold"), print: (v) => money(v) },
    ], [{ print: (v) => money(v).replace(/[.,]00$/, "") }]),
    [days, locale, t, money],
  );
  if (list.error) return <Failure error={list.error} />;
  if (!c) return <Loading tall={2} />;
  return (
    <>
      <PageHead back={{ to: "/campaigns", title: t("money.campaigns") }} title={inTongue(c.name, lang)}>
        {has("money") && <><Button onClick={() => setIssue(true)}>{t("money.issue")}</Button><Button type="primary" onClick={() => setFund(true)}>{t("money.more")}</Button></>}
      </PageHead>
      <Figures>
        <Figure name={t("money.budget")} value={money(c.budget, c.currency)} />
        <Figure name={t("money.left")} value={money(c.left, c.currency)} />
        <Figure name={t("money.spent")} value={money(c.budget - c.left, c.currency)} />
        <Figure name={t("money.perOrder")} value={c.per_order_max ? money(c.per_order_max, c.currency) : "–"} />
      </Figures>
      <Sheet title={t("money.burn")} className="c-gap">{burn.error ? <Failure error={burn.error} /> : !days ? <Loading tall={2} lines={0} /> : days.length === 0 ? <Empty /> : <Chart option={option} label={t("money.burnLabel")} height={280} />}</Sheet>
      <h2 style={{ fontSize: 16 }}>{t("money.vouchers")}</h2>
      <DataTable name="vouchers" path="/v1/campaigns/{cmp}/vouchers" params={{ cmp }} rowKey={(v) => v.code + v.created_at} columns={[
        { key: "code", title: t("money.code"), value: (v) => v.code, render: (v) => <span className="c-mono">{v.code}</span> }, { key: "used", title: t("money.used"), kind: "state", value: (v) => (v.is_used ? "used" : "free") },
        { key: "expires", title: t("money.expires"), kind: "time", value: (v) => v.expires_at }, { key: "amount", title: t("money.amount"), kind: "money", value: (v) => v.amount, currency: (v) => v.currency }]} />
      <FundDrawer open={fund} close={() => setFund(false)} existing={c} />
      <FormDrawer<{ amount: number; count: number }> open={issue} onClose={() => setIssue(false)} title={t("money.issue")} submit={t("money.issue")} initial={{ count: 10 }} run={(v, key) => api.post("/v1/campaigns/{cmp}/vouchers", { path: { cmp }, body: { amount: v.amount, count: v.count } as never, key })}>
        {() => <><Field need name="amount" label={t("money.worth")}><MoneyInput /></Field><Field need name="count" label={t("money.count")}><InputNumber min={1} max={1000} precision={0} style={{ width: "100%" }} /></Field></>}
      </FormDrawer>
    </>
  );
}
