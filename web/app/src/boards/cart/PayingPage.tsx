// PayingPage.tsx - from consent to outcome: paid, waiting for a channel, open for longer, or not paid. It only looks; the
// server goes on by itself when the page is closed.
import { api, Failure, Loading, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { useShow } from "../../ui/market";
import { Page, Row } from "../../ui/Page";
import { Button, Gate } from "../../ui/parts";
import { Outcome } from "./Outcome";
import { useAgain } from "./useAgain";

type Order = Schema<"Order">;

function Failed(props: { order: Order; reason: string }) {
  const { t } = useWords();
  const { again, busy } = useAgain(props.order);
  return (
    <Outcome icon="close" tone="bad" title={t("cart.failedTitle")} text={t("cart.failedText")}>
      {props.reason && <p className="reason">{t("cart.reason", { reason: props.reason })}</p>}
      <div className="t-actions">
        <Button busy={busy} onClick={again}>
          {t("cart.again")}
        </Button>
      </div>
    </Outcome>
  );
}

function Watch(props: { order: string }) {
  const { t } = useWords();
  const show = useShow(), go = useNavigate();
  const order = useQuery({
    queryKey: ["order", props.order],
    queryFn: () => api.get("/v1/orders/{ord}", { path: { ord: props.order } }),
    refetchInterval: (q) => (q.state.data?.state === "placed" ? 1200 : false),
  });
  const state = order.data?.state, pay = order.data?.payment;
  const payment = useQuery({
    queryKey: ["payment", pay, state],
    enabled: !!pay,
    queryFn: () => api.get("/v1/payments/{pay}", { path: { pay: pay! } }),
    refetchInterval: state === "placed" ? 1200 : false,
  }).data;
  if (order.isPending) return <Loading />;
  if (!order.data) return <Failure error={order.error} retry={() => void order.refetch()} />;
  const o = order.data;
  const attempts = payment?.attempts ?? [], last = attempts.at(-1);
  const see = <Button onClick={() => void go(`/orders/${o.order}`)}>{t("cart.seeOrder")}</Button>;
  const home = (
    <Button quiet onClick={() => void go("/")}>
      {t("cart.home")}
    </Button>
  );
  if (o.state === "cancelled") return <Failed order={o} reason={last?.reason ?? ""} />;
  if (o.state === "placed") {
    const is_open = last?.state === "unknown";
    return (
      <Outcome icon="clock" tone="wait" title={t(is_open ? "cart.openTitle" : "cart.waitTitle")} text={t(is_open ? "cart.openText" : "cart.waitText")}>
        {order.error && <p className="reason">{t("state.offlineTitle")}</p>}
        <div className="t-actions">
          <Button onClick={() => void go("/orders")}>{t("orders.title")}</Button>
          {home}
        </div>
      </Outcome>
    );
  }
  const by_kind = new Map<string, number>();
  for (const p of payment?.parts ?? []) by_kind.set(p.kind, (by_kind.get(p.kind) ?? 0) + p.amount);
  const names: Record<string, string> = { voucher: t("cart.voucher"), campaign: t("cart.fromCredit"), balance: t("cart.fromWallet"), channel: t("cart.rest") };
  return (
    <Outcome icon="check" tone="good" title={t("cart.paidTitle")} text={t("cart.paidText")}>
      <div className="receipt">
        {[...by_kind].map(([kind, amount]) => (
          <Row key={kind} label={names[kind] ?? kind} value={show.money(amount)} tone="soft" />
        ))}
        <Row label={t("cart.total")} value={show.money(o.total)} strong />
        {o.points > 0 && <Row label={t("cart.earns")} value={t("cart.points", { count: o.points })} tone="soft" />}
      </div>
      <div className="t-actions">
        {see}
        {home}
      </div>
    </Outcome>
  );
}

export default function PayingPage() {
  const { order = "" } = useParams();
  const { t } = useWords();
  return (
    <Page title={t("cart.paying")} bare>
      <Gate scope="buy">
        <Watch order={order} />
      </Gate>
    </Page>
  );
}
