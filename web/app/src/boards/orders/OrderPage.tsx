// OrderPage.tsx - one order: each shop's part with its parcels, how it was paid, what happened, and what can be done.
import { api, Chip, Failure, Loading, ProductArt, useList, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page, Row } from "../../ui/Page";
import { Button, Gate, useTitle } from "../../ui/parts";
import { useAgain } from "../cart/useAgain";
import { useThemes } from "../goods/Goods";
import { CancelOrder, ConfirmArrival, ReturnGoods, ReviewLine } from "./actions";
import { stateOf, useOrder } from "./OrdersPage";

type Parcel = Schema<"Parcel">;
type Order = Schema<"Order">;
type Child = Schema<"ChildOrder">;

// "child_order.return_asked" -> "child_order_return_asked": a dot would lead into another branch of the words.
export const stepWords = (what: string) => `orders.step.${what.replace(/\./g, "_")}`;

function ParcelView(props: { parcel: Parcel }) {
  const { t } = useWords();
  const show = useShow();
  const brief = props.parcel;
  const whole = useQuery({ queryKey: ["parcel", brief.parcel, brief.state], queryFn: () => api.get("/v1/parcels/{par}", { path: { par: brief.parcel } }) });
  const p = whole.data ?? brief;
  const ends = [
    ...p.events.map((e) => ({ at: e.at, words: t(`orders.parcelState.${e.status}`), place: e.place })),
    ...(p.delivered_at && !p.events.some((e) => e.status === "delivered") ? [{ at: p.delivered_at, words: t("orders.parcelState.delivered"), place: "" }] : []),
    ...(p.handed_over_at && !p.events.some((e) => e.status === "handed_over") ? [{ at: p.handed_over_at, words: t("orders.parcelState.handed_over"), place: "" }] : []),
    { at: p.made_at, words: t("orders.parcelState.labelled"), place: "" },
  ].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <div className="parcel">
      <div className="parcel-head">
        <Icon name="truck" size={20} />
        <span dir="auto">{t("orders.tracking", { carrier: p.carrier, number: p.tracking })}</span>
        <Chip state={p.state}>{t(`orders.parcelState.${p.state}`)}</Chip>
      </div>
      <ol className="timeline">
        {ends.map((e, i) => (
          <li key={`${e.at}${e.words}`} className={i === 0 ? "now" : ""}>
            <strong>{e.words}</strong>
            {e.place && <span dir="auto"> · {e.place}</span>}
            <time dateTime={e.at}>{show.time(e.at)}</time>
          </li>
        ))}
      </ol>
    </div>
  );
}

function ChildView(props: { order: Order; child: Child; parcels: Parcel[]; returns: Schema<"Return">[]; theme: Schema<"Shop"> | undefined }) {
  const { t } = useWords();
  const show = useShow(), title = useTitle();
  const { order: o, child: c } = props;
  const is_there = c.state === "delivered" || c.state === "returned";
  return (
    <section className="card">
      <div className="card-head">
        <Link className="shop-head" to={`/shops/${props.theme?.slug ?? ""}`}>
          <Icon name="shop" size={18} />
          <h2 dir="auto">{c.shop_name}</h2>
        </Link>
        <Chip state={c.state}>{t(`order.${c.state}`)}</Chip>
      </div>
      <ul className="cart-lines">
        {c.lines.map((l) => (
          <li className="cart-line" key={l.line}>
            <Link className="thumb" to={`/products/${l.product}`} aria-label={title(l.title)}>
              <ProductArt title={l.title} id={l.product} theme={props.theme?.theme} shop={c.shop_name} />
            </Link>
            <div className="cart-words">
              <h3 dir="auto">{title(l.title)}</h3>
              <div className="cart-foot">
                <span>
                  {show.money(l.price)} × {l.quantity}
                </span>
                {is_there && <ReviewLine order={o.order} line={l} />}
                <strong className="t-money">{show.money(l.price * l.quantity)}</strong>
              </div>
              {l.refunded > 0 && <small className="good-text">{t("orders.refunded", { amount: show.money(l.refunded) })}</small>}
            </div>
          </li>
        ))}
      </ul>
      {props.parcels.map((p) => (
        <ParcelView key={p.parcel} parcel={p} />
      ))}
      {c.state === "paid" && props.parcels.length === 0 && (
        <p className="hint">
          <Icon name="box" size={18} /> {t("orders.noParcel")}
        </p>
      )}
      {props.returns.map((r) => (
        <div className="return-state" key={r.return}>
          <span>
            {t("orders.return")} · {show.time(r.asked_at)}
          </span>
          <Chip state={r.state}>{t(`orders.${r.state}`)}</Chip>
        </div>
      ))}
      {(c.state === "shipped" || is_there) && (
        <div className="card-actions">
          {is_there && <ReturnGoods order={o.order} child={c} />}
          {c.state === "shipped" && <ConfirmArrival order={o.order} child={c} />}
        </div>
      )}
    </section>
  );
}

function Paid(props: { payment: string; order: Order }) {
  const { t } = useWords();
  const show = useShow();
  const payment = useQuery({ queryKey: ["payment", props.payment], queryFn: () => api.get("/v1/payments/{pay}", { path: { pay: props.payment } }) }).data;
  if (!payment) return null;
  const sums = new Map<string, number>();
  for (const p of payment.parts) sums.set(p.kind, (sums.get(p.kind) ?? 0) + p.amount);
  return (
    <Card title={t("orders.paidWith")}>
      {[...sums].map(([kind, amount]) => (
        <Row key={kind} label={t(`orders.tender.${kind}`)} value={show.money(amount)} />
      ))}
      <Row label={t("cart.total")} value={show.money(props.order.total)} strong />
      {props.order.refunded > 0 && <Row label={t("orders.refunded", { amount: "" })} value={show.money(-props.order.refunded)} tone="good" />}
    </Card>
  );
}

function Story(props: { order: string }) {
  const { t } = useWords();
  const show = useShow();
  const story = useQuery({ queryKey: ["story", props.order], queryFn: () => api.get("/v1/orders/{ord}/story", { path: { ord: props.order } }) }).data;
  if (!story) return null;
  return (
    <Card title={t("orders.story")}>
      <ol className="timeline">
        {[...story.steps].reverse().map((s, i) => (
          <li key={`${s.at}${s.what}${s.child}${i}`} className={i === 0 ? "now" : ""}>
            <strong>{t(stepWords(s.what), { defaultValue: s.what })}</strong>
            <time dateTime={s.at}>{show.time(s.at)}</time>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Details(props: { order: Order }) {
  const { t, locale } = useWords();
  const show = useShow();
  const { order: o } = props;
  const address = (typeof o.address === "object" && o.address !== null ? o.address : {}) as Record<string, unknown>;
  const words = Object.values(address).filter((v): v is string => typeof v === "string" && v !== "");
  return (
    <Card title={t("orders.details")}>
      <Row label={t("orders.number")} value={<code>{o.order}</code>} />
      <Row label={t("orders.placedAt", { time: "" })} value={show.time(o.placed_at)} />
      {o.points > 0 && <Row label={t("orders.earned")} value={o.points.toLocaleString(locale)} />}
      {words.length > 0 && (
        <p className="where" dir="auto">
          <span>{t("orders.address")}</span>
          {words.map((w, i) => (
            <bdi key={i}>{w}</bdi>
          ))}
        </p>
      )}
      {o.note && (
        <p className="where" dir="auto">
          <span>{t("orders.note")}</span>
          {o.note}
        </p>
      )}
    </Card>
  );
}

const milestones = ["placed", "paid", "shipped", "delivered"] as const;

function Progress(props: { state: string }) {
  const { t } = useWords();
  const reached = props.state === "completed" ? milestones.length - 1 : milestones.indexOf(props.state as (typeof milestones)[number]);
  if (reached < 0) return null;
  return (
    <ol className="progress" aria-label={t("orders.progress")}>
      {milestones.map((m, i) => (
        <li key={m} className={i <= reached ? "done" : ""} aria-current={i === reached ? "step" : undefined}>
          {t(m === "placed" ? "orders.placed" : `order.${m}`)}
        </li>
      ))}
    </ol>
  );
}

function BuyAgain(props: { order: Order }) {
  const { t } = useWords();
  const { again, busy } = useAgain(props.order);
  return (
    <Button quiet busy={busy} onClick={again}>
      {t("orders.buyAgain")}
    </Button>
  );
}

function Whole(props: { order: string }) {
  const { t } = useWords();
  const show = useShow();
  const asked = useOrder(props.order, 15_000);
  const parcels = useList("/v1/orders/{ord}/parcels", { path: { ord: props.order }, limit: 100 }).items;
  const returns = useList("/v1/orders/{ord}/returns", { path: { ord: props.order }, limit: 100 }).items;
  const shops = useThemes(asked.data?.children.map((c) => c.shop) ?? []);
  if (asked.isPending) return <Loading tall={2} />;
  if (!asked.data) return <Failure error={asked.error} retry={() => void asked.refetch()} />;
  const o = asked.data;
  if (o.state === "placed" && o.payment) return <Navigate to={`/orders/${o.order}/paying`} replace />;
  const state = stateOf(o, o.state);
  const can_cancel = (o.state === "placed" || o.state === "paid") && o.children.every((c) => c.state === "placed" || c.state === "paid");
  return (
    <>
      <div className={`order-state ${state}`}>
        <div>
          <strong>{t(`order.${state}`)}</strong>
          <span>{t("orders.placedAt", { time: show.time(o.placed_at) })}</span>
        </div>
        <span className="t-money">{show.money(o.total)}</span>
        <Progress state={state} />
      </div>
      <div className="with-side">
        <div>
          {o.children.map((c) => (
            <ChildView
              key={c.child}
              order={o}
              child={c}
              parcels={parcels.filter((p) => p.child === c.child)}
              returns={returns.filter((r) => r.child === c.child)}
              theme={shops.get(c.shop)}
            />
          ))}
          <div className="page-actions">
            <BuyAgain order={o} />
            {can_cancel && <CancelOrder order={o} />}
          </div>
        </div>
        <div>
          {o.payment && <Paid payment={o.payment} order={o} />}
          <Details order={o} />
          <Story order={o.order} />
        </div>
      </div>
    </>
  );
}

export default function OrderPage() {
  const { order = "" } = useParams();
  const { t } = useWords();
  return (
    <Page title={t("orders.order")} back="/orders" wide>
      <Gate scope="buy">
        <Whole order={order} />
      </Gate>
    </Page>
  );
}
