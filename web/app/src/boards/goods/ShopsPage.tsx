// ShopsPage.tsx - all open shops.
import { Empty, Failure, Loading, ShopCover, useList, useWords } from "@tael/shared";
import { Link } from "react-router";
import { Page } from "../../ui/Page";
import { ListEnd } from "../../ui/parts";

export default function ShopsPage() {
  const { t } = useWords();
  const list = useList("/v1/shops", { limit: 30 });
  return (
    <Page title={t("goods.shops")} back="/" wide>
      {list.isPending && <Loading tall={3} lines={0} />}
      {list.error && list.items.length === 0 && <Failure error={list.error} retry={() => void list.refetch()} />}
      {!list.isPending && !list.error && list.items.length === 0 && <Empty title={t("goods.noShops")} text={t("goods.noShopsText")} />}
      <div className="shops">
        {list.items.map((s) => (
          <Link key={s.shop} to={`/shops/${s.slug}`}>
            <ShopCover name={s.name} banner={s.banner} theme={s.theme} />
          </Link>
        ))}
      </div>
      <ListEnd list={list} />
    </Page>
  );
}
