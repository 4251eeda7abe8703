// ProductPage.tsx - one product: its variants at their prices, what is in stock, what buyers say; into the cart from here.
import { api, Empty, Failure, Loading, ProductArt, sentence, useAction, useList, useSession, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page, PageWithout, Row } from "../../ui/Page";
import { Button, ProductCard, Prose, Stars, Stepper, useSignInPath, useTitle } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { useCart } from "../cart/useCart";
import { useShop } from "./Goods";
import { useFreightWords } from "./ShopPage";

type Offer = Schema<"Offer">;

function Stock(props: { available: number }) {
  const { t } = useWords();
  const { available: n } = props;
  if (n <= 0) return <span className="t-chip calm">{t("goods.soldOut")}</span>;
  if (n <= 5) return <span className="t-chip wait">{t("goods.stockLow", { count: n })}</span>;
  return <span className="t-chip good">{t("goods.stock", { count: n })}</span>;
}

function Reviews(props: { product: string }) {
  const { t } = useWords();
  const show = useShow();
  const list = useList("/v1/products/{prd}/reviews", { path: { prd: props.product }, limit: 10 });
  if (list.isPending) return <Loading lines={3} />;
  if (list.error) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (list.items.length === 0) return <Empty title={t("goods.noReviews")} text={t("goods.noReviewsText")} />;
  return (
    <>
      <ul className="reviews">
        {list.items.map((r) => (
          <li key={r.review}>
            <div className="review-head">
              <Stars percent={r.rating * 100} />
              <time dateTime={r.at}>{show.day(r.at)}</time>
            </div>
            {r.title && <strong dir="auto">{r.title}</strong>}
            {r.text && <Prose text={r.text} />}
          </li>
        ))}
      </ul>
      {list.hasMore && (
        <Button quiet busy={list.isFetching} onClick={() => void list.more()}>
          {t("common.more")}
        </Button>
      )}
    </>
  );
}

function Buy(props: { offer: Offer; quantity: number; setQuantity: (n: number) => void }) {
  const { t } = useWords();
  const { offer, quantity } = props;
  const { has } = useSession();
  const go = useNavigate(), signIn = useSignInPath(), cart = useCart();
  const add = useAction((key: string, n: number) => cart.add(offer.offer, n, key));
  async function put(then_pay: boolean) {
    if (!has("buy")) return void go(signIn);
    try {
      await add.start(quantity);
      if (then_pay) void go("/cashier");
      else toast(t("goods.added"), true);
    } catch (e) {
      toast(sentence(t, e));
    }
  }
  const gone = offer.available <= 0;
  return (
    <div className="buy-bar">
      <Stepper label={t("goods.quantity")} value={quantity} min={1} max={Math.max(1, Math.min(999, offer.available))} disabled={gone} onChange={props.setQuantity} />
      <Button quiet busy={add.busy} disabled={gone} onClick={() => void put(false)}>
        {t("goods.add")}
      </Button>
      <Button disabled={gone || add.busy} onClick={() => void put(true)}>
        {t("goods.buyNow")}
      </Button>
    </div>
  );
}

// Whatever facts a shop gave that are plain words and numbers.
function Facts(props: { attributes: unknown }) {
  const { t } = useWords();
  const all = typeof props.attributes === "object" && props.attributes !== null && !Array.isArray(props.attributes) ? Object.entries(props.attributes) : [];
  const facts = all.filter(([, v]) => typeof v === "string" || typeof v === "number").slice(0, 40);
  if (facts.length === 0) return null;
  return (
    <Card title={t("goods.facts")}>
      {facts.map(([name, value]) => (
        <Row key={name} label={<span dir="auto">{name}</span>} value={<span dir="auto">{String(value)}</span>} />
      ))}
    </Card>
  );
}

function MoreOf(props: { shop: Schema<"Shop">; but: string }) {
  const { t } = useWords();
  const { shop, but } = props;
  const more = useList("/v1/products", { query: { seller: shop.seller, offers: true }, limit: 7 }).items.filter((p) => p.product !== but);
  if (more.length === 0) return null;
  return (
    <section aria-labelledby="more">
      <div className="section-head">
        <h2 id="more" dir="auto">
          {t("goods.moreOf", { shop: shop.name })}
        </h2>
        <Link to={`/shops/${shop.slug}`}>
          {t("goods.visit")}
          <Icon name="next" size={16} />
        </Link>
      </div>
      <div className="rail goods-rail">
        {more.slice(0, 6).map((p) => (
          <ProductCard key={p.product} product={p} theme={shop.theme} />
        ))}
      </div>
    </section>
  );
}

export default function ProductPage() {
  const { product = "" } = useParams();
  const { t } = useWords();
  const show = useShow(), title = useTitle(), freight = useFreightWords();
  const asked = useQuery({ queryKey: ["product", product], queryFn: () => api.get("/v1/products/{prd}", { path: { prd: product } }) });
  const [chosen, choose] = useState(""), [quantity, setQuantity] = useState(1);
  const p = asked.data;
  const shop = useShop(p?.shop);
  if (!p) return <PageWithout title={t("goods.product")} back error={asked.error} retry={asked.refetch} />;
  const offers = p.offers ?? [];
  const offer = offers.find((o) => o.offer === chosen) ?? offers.find((o) => o.available > 0) ?? offers[0];
  return (
    <Page title={title(p.title)} back wide>
      <div className="product-page">
        <div className="product-picture">
          <ProductArt title={p.title} id={p.product} theme={shop?.theme} shop={shop?.name} media={p.media} />
        </div>
        <div className="product-facts">
          <div className="product-price">
            <span className="price t-money">{offer ? show.money(offer.price) : "–"}</span>
            {p.reviews > 0 && <Stars percent={p.rating_percent} reviews={p.reviews} />}
          </div>
          {offer && (
            <div className="facts">
              <Stock available={offer.available} />
              {shop && (
                <span className="fact">
                  <Icon name="truck" size={18} /> {freight(shop)}
                </span>
              )}
            </div>
          )}
          {offers.length > 1 && (
            <fieldset className="choices">
              <legend>{t("goods.variant")}</legend>
              {offers.map((o) => (
                <label key={o.offer} className={o.offer === offer?.offer ? "choice on" : "choice"}>
                  <input type="radio" name="variant" checked={o.offer === offer?.offer} onChange={() => choose(o.offer)} />
                  <span dir="auto">{o.variant_name || o.sku}</span>
                  <small className="t-money">
                    {show.money(o.price)}
                    {o.shop !== p.shop && ` · ${o.shop_name}`}
                  </small>
                </label>
              ))}
            </fieldset>
          )}
          {offer && <Buy offer={offer} quantity={Math.min(quantity, Math.max(1, offer.available))} setQuantity={setQuantity} />}
          <p className="promise">
            <Icon name="lock" size={18} /> {t("goods.safe")}
          </p>
          {p.description && (
            <Card title={t("goods.about")}>
              <Prose text={p.description} />
            </Card>
          )}
          <Facts attributes={p.attributes} />
          {shop && (
            <Link className="card shop-line" to={`/shops/${shop.slug}`}>
              <Icon name="shop" />
              <span>
                <strong dir="auto">{shop.name}</strong>
                <small dir="auto">{shop.banner}</small>
              </span>
              <span className="go">
                {t("goods.visit")} <Icon name="next" size={16} />
              </span>
            </Link>
          )}
          <Card title={t("goods.reviews")}>
            <Reviews product={p.product} />
          </Card>
        </div>
      </div>
      {shop && <MoreOf shop={shop} but={p.product} />}
    </Page>
  );
}
