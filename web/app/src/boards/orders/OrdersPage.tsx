// OrdersPage.tsx - one's orders, newest first; each row asks for its goods when it is shown.
import { api, Chip, Empty, Failure, Loading, ProductArt, useList, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { useShow } from "../../ui/market";
import { Page } from "../../ui/Page";
import { Button, Gate, ListEnd, useTitle } from "../../ui/parts";
import { useThemes } from "../goods/Goods";

export const useOrder = (order: string, every = 0) =>
  useQuery({ queryKey: ["order", order], queryFn: () => api.get("/v1/orders/{ord}", { path: { ord: order } }), refetchInterval: every || false });

// What a buyer wants to know first: paid, but all of it on its way or delivered, says so.
export function stateOf(o: Schema<"Order"> | undefined, brief: string): string {
  const states = new Set((o?.children ?? []).map((c) => c.state));
  if (brief !== "paid" || states.size === 0) return brief;
  if (states.has("shipped")) return "shipped";
  return states.has("delivered") && !states.has("paid") ? "delivered" : brief;
}

function OrderRow(props: { brief: Schema<"OrderSummary"> }) {
  const { t } = useWords();
  const { brief: b } = props;
  const show = useShow(), title = useTitle();
  const order = useOrder(b.order).data;
  const lines = order?.children.flatMap((c) => c.lines.map((l) => ({ ...l, shop: c.shop, shop_name: c.shop_name }))) ?? [];
  const themes = useThemes(lines.map((l) => l.shop));
  const state = stateOf(order, b.state);
  return (
    <Link className="card order-row" to={b.state === "placed" ? `/orders/${b.order}/paying` : `/orders/${b.order}`}>
      <div className="order-head">
        <span dir="auto">{order ? order.children.map((c) => c.shop_name).join(" · ") : "…"}</span>
        <Chip state={state}>{t(`order.${state}`)}</Chip>
      </div>
      <div className="thumbs">
        {lines.slice(0, 4).map((l) => (
          <div className="thumb" key={l.line}>
            <ProductArt title={l.title} id={l.product} theme={themes.get(l.shop)?.theme} shop={l.shop_name} />
          </div>
        ))}
        {order && (
          <p className={lines.length === 1 ? "order-title" : "order-title many"} dir="auto">
            {lines.map((l) => title(l.title)).join(" · ")}
          </p>
        )}
        {!order && <div className="thumb placeholder" />}
      </div>
      <div className="order-foot">
        <time dateTime={b.placed_at}>{show.time(b.placed_at)}</time>
        <span>
          {b.refunded > 0 && <small>{t("orders.refunded", { amount: show.money(b.refunded) })}</small>}
          <strong className="t-money">{show.money(b.total)}</strong>
        </span>
      </div>
    </Link>
  );
}

const states = ["all", "placed", "paid", "completed", "cancelled"] as const;

function Orders() {
  const { t } = useWords();
  const go = useNavigate(), [at, set] = useSearchParams();
  const asked = at.get("state") ?? "", state = states.find((s) => s === asked) ?? "all";
  const list = useList("/v1/orders", { query: { state: state === "all" ? undefined : state }, limit: 12 });
  const tabs = (
    <div className="chips sorts" role="group" aria-label={t("orders.show")}>
      {states.map((s) => (
        <button type="button" key={s} className="chip" aria-pressed={s === state} onClick={() => set(s === "all" ? {} : { state: s }, { replace: true })}>
          {s === "all" ? t("common.all") : t(`order.${s}`)}
        </button>
      ))}
    </div>
  );
  let found: ReactNode = null;
  if (list.isPending) found = <Loading tall={3} lines={0} />;
  else if (list.error && list.items.length === 0) found = <Failure error={list.error} retry={() => void list.refetch()} />;
  else if (list.items.length === 0 && state !== "all") found = <Empty title={t("orders.noneTitle")} text={t("orders.noneText")} />;
  else if (list.items.length === 0) {
    found = (
      <Empty title={t("orders.emptyTitle")} text={t("orders.emptyText")}>
        <Button onClick={() => void go("/")}>{t("orders.browse")}</Button>
      </Empty>
    );
  }
  if (found !== null) {
    return (
      <>
        {tabs}
        {found}
      </>
    );
  }
  return (
    <>
      {tabs}
      <div className="orders">
        {list.items.map((o) => (
          <OrderRow key={o.order} brief={o} />
        ))}
      </div>
      <ListEnd list={list} saysEnd />
    </>
  );
}

export default function OrdersPage() {
  const { t } = useWords();
  return (
    <Page title={t("orders.title")} wide>
      <Gate scope="buy">
        <Orders />
      </Gate>
    </Page>
  );
}
