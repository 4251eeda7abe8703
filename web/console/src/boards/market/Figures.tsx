// Figures.tsx - the market's figures of now.
import { count, Failure, Loading, useWords } from "@tael/shared";
import { useMoney } from "../../ui/market";
import { Figure, Figures } from "../../ui/Page";
import { useNow } from "./data";

export default function NowFigures() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { data: now, error, refetch } = useNow();
  if (error && !now) return <Failure error={error} retry={() => void refetch()} />;
  if (!now) return <Loading lines={3} />;
  const ms = (now.commit_p99_us / 1000).toLocaleString(locale, { maximumFractionDigits: 1 });
  return (
    <Figures>
      <Figure name={t("market.ordersToday")} value={count(now.orders_today, locale)} note={money(now.sales_today)} to="/orders" />
      <Figure name={t("market.customers")} value={money(now.owed)} note={t(now.is_safe ? "market.whole" : "market.notWhole")} tone={now.is_safe ? "good" : "bad"} to="/safeguarding" />
      <Figure name={t("market.held")} value={money(now.held)} note={t("market.heldNote")} />
      <Figure name={t("market.commission")} value={money(now.commission)} note={t("market.ever")} />
      <Figure name={t("market.paidOut")} value={money(now.paid_out)} note={t("market.ever")} to="/payouts" />
      <Figure name={t("market.refundedToday")} value={money(now.refunded_today)} />
      <Figure name={t("market.breaks")} value={count(now.open_breaks, locale)} note={now.open_breaks === 0 ? t("market.nothing") : undefined} tone={now.open_breaks === 0 ? "good" : "wait"} to="/breaks?state=open" />
      <Figure name={t("market.engine")} value={t(now.ready ? "market.ready" : "market.notReady")} note={t("market.queue", { n: count(now.queued, locale), ms })} tone={now.ready ? "good" : "bad"} />
    </Figures>
  );
}
