// CartPage.tsx - what is in the cart, shop by shop, at today's prices.
import { api, Empty, Failure, Loading, newKey, ProductArt, sentence, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page, Row } from "../../ui/Page";
import { Button, Gate, Stepper, useTitle } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { useThemes } from "../goods/Goods";
import { useCart } from "./useCart";

type Line = Schema<"CartLine">;

function CartRow(props: { line: Line; theme: unknown; set: (offer: string, n: number, key: string) => Promise<void> }) {
  const { t } = useWords();
  const show = useShow(), title = useTitle();
  const { line: l } = props;
  const [busy, setBusy] = useState(false);
  async function change(n: number) {
    setBusy(true);
    await props.set(l.offer, n, newKey()).catch((e: unknown) => toast(sentence(t, e)));
    setBusy(false);
  }
  return (
    <li className="cart-line">
      <div className="thumb">
        <ProductArt title={l.title} id={l.offer} theme={props.theme} shop={l.shop_name} />
      </div>
      <div className="cart-words">
        <h3 dir="auto">{title(l.title)}</h3>
        <p>
          {t("cart.each", { amount: show.money(l.price) })}
          {l.price !== l.price_seen && <s className="t-money"> {t("cart.moved", { amount: show.money(l.price_seen) })}</s>}
          {!l.on_sale && <span className="t-chip bad">{t("cart.gone")}</span>}
        </p>
        <div className="cart-foot">
          <Stepper label={title(l.title)} value={l.quantity} min={1} disabled={busy} onChange={(n) => void change(n)} />
          <button type="button" className="icon-button small" title={t("cart.remove")} aria-label={t("cart.remove")} disabled={busy} onClick={() => void change(0)}>
            <Icon name="bin" size={19} />
          </button>
          <strong className="t-money">{show.money(l.total)}</strong>
        </div>
      </div>
    </li>
  );
}

function Filled(props: { cart: Schema<"Cart">; set: (offer: string, n: number, key: string) => Promise<void> }) {
  const { t } = useWords();
  const show = useShow(), go = useNavigate();
  const { cart } = props;
  const quote = useQuery({ queryKey: ["quote", cart.cart, "plain"], queryFn: () => api.get("/v1/carts/{crt}/quote", { path: { crt: cart.cart } }) }).data;
  const shops = [...new Set(cart.lines.map((l) => l.shop))];
  const themes = useThemes(shops);
  return (
    <div className="with-side">
      <div>
        {shops.map((shop) => {
          const lines = cart.lines.filter((l) => l.shop === shop);
          const child = quote?.children.find((c) => c.shop === shop);
          const missing = child && child.freight > 0 && child.free_from > 0 ? child.free_from - child.items_total : 0;
          return (
            <section className="card" key={shop}>
              <Link className="card-head shop-head" to={`/shops/${themes.get(shop)?.slug ?? ""}`}>
                <Icon name="shop" size={18} />
                <h2 dir="auto">{lines[0]?.shop_name}</h2>
              </Link>
              <ul className="cart-lines">
                {lines.map((l) => (
                  <CartRow key={l.offer} line={l} theme={themes.get(shop)?.theme} set={props.set} />
                ))}
              </ul>
              {child && <Row label={t("cart.freight")} value={child.freight ? show.money(child.freight) : t("goods.freightFree")} tone="soft" />}
              {missing > 0 && <p className="hint">{t("cart.freeFrom", { amount: show.money(missing) })}</p>}
            </section>
          );
        })}
      </div>
      <Card className="side">
        <Row label={t("cart.items")} value={show.money(cart.items_total)} />
        <Row label={t("cart.freight")} value={quote ? show.money(quote.freight) : "…"} />
        <Row label={t("cart.total")} value={quote ? show.money(quote.total) : "…"} strong />
        {quote?.is_blocked && <p className="notice bad">{t("cart.blocked")}</p>}
        <Button wide disabled={!quote || quote.is_blocked} onClick={() => void go("/cashier")}>
          {t("cart.toCashier")}
        </Button>
      </Card>
    </div>
  );
}

export default function CartPage() {
  const { t } = useWords();
  const go = useNavigate(), { cart, isPending, error, refetch, set } = useCart();
  return (
    <Page title={t("cart.title")} wide>
      <Gate scope="buy">
        {isPending ? (
          <Loading tall={2} />
        ) : error && !cart ? (
          <Failure error={error} retry={() => void refetch()} />
        ) : !cart || cart.lines.length === 0 ? (
          <Empty title={t("cart.emptyTitle")} text={t("cart.emptyText")}>
            <Button onClick={() => void go("/")}>{t("cart.browse")}</Button>
          </Empty>
        ) : (
          <Filled cart={cart} set={set} />
        )}
      </Gate>
    </Page>
  );
}
