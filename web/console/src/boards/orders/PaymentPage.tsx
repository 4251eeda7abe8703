// PaymentPage.tsx - one payment: its tenders, what channels were asked, what went back, and the way to the order's story.
import { api, dateTime, Empty, Failure, Loading, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "@tael/shared";
import { Link, useParams } from "react-router";
import { ActionButton } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { Id, PageHead, Pairs, Sheet, State } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

export default function PaymentPage() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { has } = useSession();
  const pay = useParams().payment!;
  const { data: p, error, refetch } = useQuery({ queryKey: ["payment", pay], queryFn: () => api.get("/v1/payments/{pay}", { path: { pay } }) });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!p) return <Loading tall={1} />;
  const m = (v: number) => <span className="t-money">{money(v, p.currency)}</span>;
  const is_open = p.state === "created" || p.state === "pending";
  return (
    <>
      <PageHead back={{ to: "/payments", title: t("orders.payments") }} title={<>{t("orders.payment")} <span className="c-mono">{p.payment}</span></>} lead={<State of={p.state} />}>
        {p.payable.startsWith("ord_") && <Link to={`/orders/${p.payable}`}>{t("orders.toOrder")}</Link>}
        {has("operate") && is_open && <ActionButton run={(key) => api.post("/v1/payments/{pay}/query", { path: { pay }, key } as never)} done={t("orders.queried")}>{t("orders.query")}</ActionButton>}
      </PageHead>
      <Sheet>
        <Pairs of={[[t("orders.total"), m(p.total)], [t("orders.captured"), m(p.captured)], [t("orders.refunded"), m(p.refunded)], [t("orders.difference"), p.difference !== 0 && m(p.difference)],
          [t("orders.created"), dateTime(p.created_at, locale)], [t("orders.buyer"), <Id key="b" of={p.payer} />]]} />
      </Sheet>
      <Sheet title={t("orders.tenders")} flush>
        <Rows rows={p.parts} rowKey={(_, i) => String(i)} columns={[
          { title: t("orders.kind"), of: (x) => t(`st.${x.kind}`) }, { title: t("orders.seller"), of: (x) => <Id of={x.seller} /> },
          { title: t("orders.refunded"), of: (x) => (x.refunded ? m(x.refunded) : null), right: true }, { title: t("orders.amount"), of: (x) => m(x.amount), right: true }]} />
      </Sheet>
      <Sheet title={t("orders.attempts")} flush>
        {p.attempts.length === 0 ? <Empty title={t("orders.noAttempts")} text={t("orders.noAttemptsText")} /> : (
          <Rows rows={p.attempts} rowKey={(x) => x.attempt} columns={[
            { title: t("orders.kind"), of: (x) => t(`st.${x.kind}`) }, { title: t("orders.state"), of: (x) => <State of={x.state} /> }, { title: t("orders.method"), of: (x) => t(`st.${x.method}`) },
            { title: t("orders.reference"), of: (x) => <span className="c-mono">{x.channel_ref}</span> }, { title: t("orders.reason"), of: (x) => x.reason }, { title: t("orders.at"), of: (x) => dateTime(x.updated_at, locale) },
            { title: t("orders.fee"), of: (x) => (x.fee ? m(x.fee) : null), right: true }, { title: t("orders.amount"), of: (x) => m(x.amount), right: true }]} />
        )}
      </Sheet>
      {p.refunds.length > 0 && (
        <Sheet title={t("orders.refunds")} flush>
          <Rows rows={p.refunds} rowKey={(x) => x.refund} columns={[{ title: t("orders.state"), of: (x) => <State of={x.state} /> }, { title: t("orders.reason"), of: (x) => x.reason }, { title: t("orders.at"), of: (x) => dateTime(x.created_at, locale) }, { title: t("orders.amount"), of: (x) => m(x.amount), right: true }]} />
        </Sheet>
      )}
    </>
  );
}
