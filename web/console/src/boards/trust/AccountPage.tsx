// AccountPage.tsx - one account of the ledger: its balances and its statement.
import { api, dateTime, Failure, Loading, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { DataTable } from "../../ui/DataTable";
import { useMoney } from "../../ui/market";
import { Figure, Figures, PageHead } from "../../ui/Page";

const first_custom_asset = 1000;

export default function AccountPage() {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const acc = useParams().account!;
  const { data: a, error } = useQuery({ queryKey: ["account", acc], queryFn: () => api.get("/v1/accounts/{acc}", { path: { acc } }) });
  const chart = useQuery({ queryKey: ["chart"], queryFn: () => api.get("/v1/chart", { query: { limit: 200 } }), staleTime: Infinity });
  if (error) return <Failure error={error} />;
  if (!a) return <Loading tall={1} />;
  // What is owned and what was spent has its balance on the debit side: shown as a person counts it.
  const sign = a.code < 2000 || (a.code >= 5000 && a.code < 6000) ? -1 : 1;
  const is_money = a.asset < first_custom_asset, show = (v: number) => (is_money ? money(v) : v.toLocaleString(locale));
  return (
    <>
      <PageHead back={{ to: "/trial-balance", title: t("trust.trial") }} title={<>{a.code} {(lang === "zh" && chart.data?.items.find((r) => r.code === a.code)?.name_zh) || a.name}</>} lead={<span className="c-mono">{acc}</span>} />
      <Figures>
        <Figure name={t("trust.balance")} value={show(sign * a.balance)} />
        <Figure name={t("trust.available")} value={show(sign * a.available)} />
        <Figure name={t("trust.pending")} value={show(a.debits_pending + a.credits_pending)} />
        <Figure name={t("trust.opened")} value={<span style={{ fontSize: 15 }}>{dateTime(a.opened_at, locale)}</span>} />
      </Figures>
      <DataTable name="statement" path="/v1/accounts/{acc}/statement" params={{ acc }} rowKey={(l) => l.transfer.id} columns={[
        { key: "on", title: t("trust.date"), kind: "day", value: (l) => l.transfer.business_date }, { key: "why", title: t("trust.why"), value: (l) => l.transfer.reason }, { key: "side", title: t("trust.side"), value: (l) => l.side, render: (l) => t(`trust.${l.side}`) },
        { key: "other", title: t("trust.account"), kind: "id", value: (l) => (l.side === "debit" ? l.transfer.credit_account : l.transfer.debit_account), to: (l) => `/accounts/${l.side === "debit" ? l.transfer.credit_account : l.transfer.debit_account}`, wide: true },
        is_money ? { key: "amount", title: t("trust.amount"), kind: "money", value: (l) => l.transfer.amount } : { key: "amount", title: t("trust.amount"), kind: "count", value: (l) => l.transfer.amount },
        is_money ? { key: "after", title: t("trust.after"), kind: "money", value: (l) => sign * l.balance_after } : { key: "after", title: t("trust.after"), kind: "count", value: (l) => sign * l.balance_after }]} />
    </>
  );
}
