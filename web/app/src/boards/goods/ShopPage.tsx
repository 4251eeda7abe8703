// ShopPage.tsx - one shop in its own look: the page a seller shares.
import { api, ShopCover, shopTheme, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useState, type CSSProperties, type FormEvent } from "react";
import { useParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Page, PageWithout } from "../../ui/Page";
import { toast } from "../../ui/toast";
import { Orders, useFilters } from "./Filters";
import { Goods } from "./Goods";

export function useFreightWords() {
  const { t } = useWords();
  const show = useShow();
  return (s: Pick<Schema<"Shop">, "freight" | "freight_free_from">) => {
    if (!s.freight) return t("goods.freightFree");
    if (!s.freight_free_from) return t("goods.freight", { amount: show.money(s.freight) });
    return t("goods.freightFrom", { amount: show.money(s.freight), from: show.money(s.freight_free_from) });
  };
}

export default function ShopPage() {
  const { slug = "" } = useParams();
  const { t } = useWords();
  const freight = useFreightWords(), filters = useFilters();
  const [words, setWords] = useState(filters.q);
  const shop = useQuery({ queryKey: ["shop-address", slug], queryFn: () => api.get("/v1/shop-addresses/{text}", { path: { text: slug } }) });
  const s = shop.data;
  if (!s) return <PageWithout title={t("goods.shop")} back error={shop.error} retry={shop.refetch} />;
  const look = shopTheme(s.theme, s.name);
  function search(e: FormEvent) {
    e.preventDefault();
    filters.change({ q: words.trim() });
  }
  async function share() {
    const link = `${location.origin}/shops/${slug}`;
    if (navigator.share) await navigator.share({ title: s?.name ?? slug, url: link }).catch(() => undefined);
    else {
      await navigator.clipboard.writeText(link);
      toast(t("goods.shared"));
    }
  }
  return (
    <div style={{ "--s-colour": look.colour } as CSSProperties}>
      <Page title={s.name} wide bare>
        <ShopCover name={s.name} banner={s.banner} theme={s.theme} tall>
          <span className="cover-facts">
            <span>
              <Icon name="truck" size={16} /> {freight(s)}
            </span>
            <button type="button" onClick={() => void share()}>
              <Icon name="send" size={15} /> {t("goods.share")}
            </button>
          </span>
        </ShopCover>
        <div className="shop-bar">
          <form className="search-bar small" role="search" aria-label={t("goods.searchShop")} onSubmit={search}>
            <Icon name="search" size={18} />
            <input type="search" enterKeyHint="search" maxLength={200} aria-label={t("goods.searchShop")} placeholder={t("goods.searchShop")} value={words} onChange={(e) => setWords(e.target.value)} />
          </form>
          <Orders filters={filters} />
        </div>
        <Goods query={{ seller: s.seller, q: filters.q || undefined }} order={filters.order} layout={look.layout} />
      </Page>
    </div>
  );
}
