// Goods.tsx - products in a grid that goes on as long as there are more. The server finds and orders them; only the filter
// for stock works on what was loaded.
import { Empty, Failure, Loading, useList, useWords, type Schema } from "@tael/shared";
import { useQueries, useQuery } from "@tanstack/react-query";
import { api } from "@tael/shared";
import { ListEnd, lowest, ProductCard } from "../../ui/parts";

export type GoodsQuery = { q?: string; seller?: string; category?: string; min_price?: number; max_price?: number };
export const goodsOrders = ["oldest", "newest", "cheapest", "dearest", "best_rated"] as const;
export type GoodsOrder = (typeof goodsOrders)[number];

export function useShop(shop: string | undefined) {
  return useQuery({ queryKey: ["shop", shop], enabled: !!shop, staleTime: 300_000, queryFn: () => api.get("/v1/shops/{shp}", { path: { shp: shop! } }) }).data;
}

// The looks of the shops that are on the screen, each asked for once.
export function useThemes(ids: string[]): Map<string, Schema<"Shop">> {
  const found = useQueries({
    queries: [...new Set(ids)].map((shop) => ({
      queryKey: ["shop", shop],
      staleTime: 300_000,
      queryFn: () => api.get("/v1/shops/{shp}", { path: { shp: shop } }),
    })),
  });
  return new Map(found.flatMap((f) => (f.data ? [[f.data.shop, f.data] as const] : [])));
}

export function Goods(props: { query: GoodsQuery; order?: GoodsOrder; inStock?: boolean; layout?: "grid" | "list" }) {
  const { t } = useWords();
  const order = props.order === "oldest" ? undefined : props.order;
  const list = useList("/v1/products", { query: { ...props.query, order, offers: true }, limit: 24 });
  const themes = useThemes(list.items.map((p) => p.shop));
  if (list.isPending) return <Loading cards={8} />;
  if (list.error && list.items.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  const shown = props.inStock ? list.items.filter((p) => lowest(p).available > 0) : list.items;
  if (shown.length === 0 && !list.hasMore) return <Empty title={t("goods.noneTitle")} text={t("goods.noneText")} />;
  return (
    <>
      <div className={props.layout === "list" ? "goods as-list" : "goods"}>
        {shown.map((p) => (
          <ProductCard key={p.product} product={p} theme={themes.get(p.shop)?.theme} />
        ))}
      </div>
      <ListEnd list={list} saysEnd />
    </>
  );
}
