// StartTile.tsx - the merchant's figures: what waits, what falls due, what runs low; or the way to a first shop.
import { count, useList, useWords } from "@tael/shared";
import { Link } from "react-router";
import { useMoney } from "../../ui/market";
import { Figure, Figures, Sheet } from "../../ui/Page";
import { useShops } from "./data";
import { useCalendar } from "./SettlementPage";

const low = 5;

export default function StartTile() {
  const { t, locale } = useWords();
  const money = useMoney();
  const shops = useShops(), calendar = useCalendar();
  const paid = useList("/v1/child-orders", { query: { state: "paid" }, limit: 200 }), returns = useList("/v1/returns", { limit: 200 }), stock = useList("/v1/stock", { limit: 200 });
  if (shops.data?.length === 0) return <Sheet><div className="t-state"><h2>{t("merchant.openTitle")}</h2><p>{t("merchant.openLead")}</p><Link className="t-button" to="/shop">{t("merchant.open")}</Link></div></Sheet>;
  const due = (calendar.data?.days ?? []).reduce((s, d) => s + d.waiting_amount, 0);
  const some = (n: number, more: boolean) => `${count(n, locale)}${more ? "+" : ""}`;
  return (
    <Figures>
      <Figure name={t("merchant.ordersTile")} value={some(paid.items.length, paid.hasMore)} to="/sales?state=paid" tone={paid.items.length > 0 ? "wait" : "good"} />
      <Figure name={t("merchant.returnsTile")} value={some(returns.items.length, returns.hasMore)} to="/returns" tone={returns.items.length > 0 ? "wait" : "good"} />
      <Figure name={t("merchant.dueTile")} value={money(due)} to="/settlement" />
      <Figure name={t("merchant.stockTile")} value={count(stock.items.filter((s) => s.available < low).length, locale)} note={t("merchant.lowNote")} to="/stock" />
    </Figures>
  );
}
