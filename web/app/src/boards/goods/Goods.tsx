// Goods.tsx - products in a grid that goes on as long as there are more. Orders and the filter for stock work on what was
// loaded; words, shop, category and price are the server's.
import { Empty, Failure, Loading, useList, useWords, type Schema } from "@tael/shared";
import { useQueries, useQuery } from "@tanstack/react-query";
import { api } from "@tael/shared";
import { ListEnd, lowest, ProductCard, type Product } from "../../ui/parts";

export type GoodsQuery = { q?: string; seller?: string; category?: string; min_price?: number; max_price?: number };
export type GoodsOrder = "none" | "low" | "high" | "rating";

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

function arrange(products: Product[], order: GoodsOrder, in_stock: boolean): Product[] {
  const kept = in_stock ? products.filter((p) => lowest(p).available > 0) : [...products];
  if (order === "low") kept.sort((a, b) => lowest(a).price - lowest(b).price);
  if (order === "high") kept.sort((a, b) => lowest(b).price - lowest(a).price);
  if (order === "rating") kept.sort((a, b) => b.rating_percent - a.rating_percent);
  return kept;
}

export function Goods(props: { query: GoodsQuery; order?: GoodsOrder; inStock?: boolean; layout?: "grid" | "list" }) {
  const { t } = useWords();
  const list = useList("/v1/products", { query: { ...props.query, offers: true }, limit: 24 });
  const themes = useThemes(list.items.map((p) => p.shop));
  if (list.isPending) return <Loading tall={3} lines={2} />;
  if (list.error && list.items.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  const shown = arrange(list.items, props.order ?? "none", props.inStock ?? false);
  if (shown.length === 0) return <Empty title={t("goods.noneTitle")} text={t("goods.noneText")} />;
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
