// ShopPage.tsx - one shop in its own look: the page a seller shares.
import { api, Failure, Loading, ShopCover, shopTheme, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import { useParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Page } from "../../ui/Page";
import { toast } from "../../ui/toast";
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
  const freight = useFreightWords();
  const shop = useQuery({ queryKey: ["shop-address", slug], queryFn: () => api.get("/v1/shop-addresses/{text}", { path: { text: slug } }) });
  if (shop.isPending) return <Loading tall={2} />;
  if (shop.error) return <Failure error={shop.error} retry={() => void shop.refetch()} />;
  const s = shop.data, look = shopTheme(s.theme, s.name);
  async function share() {
    const link = `${location.origin}/shops/${s.slug}`;
    if (navigator.share) await navigator.share({ title: s.name, url: link }).catch(() => undefined);
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
        <Goods query={{ seller: s.seller }} layout={look.layout} />
      </Page>
    </div>
  );
}
