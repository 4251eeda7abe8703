// HomePage.tsx - a welcome, the cards that boards bring, shops, and goods without end.
import { Empty, Failure, Loading, ProductArt, ShopCover, useList, useSession, useWords } from "@tael/shared";
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { cards } from "../../boards";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { Goods } from "../goods/Goods";

const loaded = cards.map((c) => ({ ...c, View: lazy(c.load) }));

function Cards() {
  const { has } = useSession();
  return (
    <div className="home-cards">
      {loaded
        .filter((c) => !c.scope || has(c.scope))
        .map(({ name, View }) => (
          <Suspense key={name} fallback={<div className="card placeholder" />}>
            <View />
          </Suspense>
        ))}
    </div>
  );
}

// Three goods as a still life; which ones does not matter, only that they are not the same kind.
const still_life = ["Turntable", "Teapot", "Kite"];

function Hero() {
  const { t } = useWords();
  const { me, isPending } = useSession();
  return (
    <section className={me || isPending ? "hero quiet" : "hero"} aria-labelledby="hero">
      <div className="hero-words">
        <h2 id="hero">{t("home.hero")}</h2>
        <p>{t("home.heroText")}</p>
        <div className="hero-acts">
          <Link className="t-button light" to="/shops">
            {t("home.allShops")}
          </Link>
          {!me && !isPending && (
            <Link className="t-button ghost" to="/sign-in">
              {t("common.signIn")}
            </Link>
          )}
        </div>
      </div>
      <div className="hero-art">
        {still_life.map((title) => (
          <ProductArt key={title} title={title} id={title} />
        ))}
      </div>
    </section>
  );
}

function Categories() {
  const { t, lang } = useWords();
  const { items } = useList("/v1/categories");
  if (items.length === 0) return null;
  return (
    <nav className="chips" aria-label={t("home.categories")}>
      {items.slice(0, 16).map((c) => (
        <Link key={c.category} className="chip" dir="auto" to={`/search?category=${c.category}`}>
          {(lang === "zh" && c.name_zh) || c.name}
        </Link>
      ))}
    </nav>
  );
}

function Shops(props: { shops: ReturnType<typeof useList<"/v1/shops">> }) {
  const { t } = useWords();
  const { shops } = props;
  if (shops.isPending) return <Loading tall={1} lines={0} />;
  if (shops.error && shops.items.length === 0) return <Failure error={shops.error} retry={() => void shops.refetch()} />;
  if (shops.items.length === 0) return <Empty title={t("goods.noShops")} text={t("goods.noShopsText")} />;
  return (
    <section aria-labelledby="shops">
      <div className="section-head">
        <h2 id="shops">{t("home.shops")}</h2>
        <Link to="/shops">
          {t("home.allShops")}
          <Icon name="next" size={16} />
        </Link>
      </div>
      <div className="rail">
        {shops.items.map((s) => (
          <Link key={s.shop} to={`/shops/${s.slug}`}>
            <ShopCover name={s.name} banner={s.banner} theme={s.theme} />
          </Link>
        ))}
      </div>
    </section>
  );
}

export default function HomePage() {
  const { t } = useWords();
  const shops = useList("/v1/shops", { limit: 12 });
  return (
    <Page title={t("home.title")} wide bare>
      <Link to="/search" className="search-link">
        <Icon name="search" size={20} />
        {t("home.search")}
      </Link>
      <div className="home-top">
        <Hero />
        <Cards />
      </div>
      <Categories />
      <Shops shops={shops} />
      {shops.items.length > 0 && (
        <section aria-labelledby="goods">
          <div className="section-head">
            <h2 id="goods">{t("home.goods")}</h2>
          </div>
          <Goods query={{}} />
        </section>
      )}
    </Page>
  );
}
