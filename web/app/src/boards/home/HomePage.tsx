// HomePage.tsx - search, the cards that boards bring, shops, and goods without end.
import { Empty, Failure, Loading, ShopCover, useList, useSession, useWords } from "@tael/shared";
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

function Shops() {
  const { t } = useWords();
  const shops = useList("/v1/shops", { limit: 12 });
  if (shops.isPending) return <Loading tall={1} lines={0} />;
  if (shops.error) return <Failure error={shops.error} retry={() => void shops.refetch()} />;
  if (shops.items.length === 0) return <Empty />;
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
  return (
    <Page title={t("home.title")} wide bare>
      <Link to="/search" className="search-link">
        <Icon name="search" size={20} />
        {t("home.search")}
      </Link>
      <Cards />
      <Shops />
      <section aria-labelledby="goods">
        <div className="section-head">
          <h2 id="goods">{t("home.goods")}</h2>
        </div>
        <Goods query={{}} />
      </section>
    </Page>
  );
}
