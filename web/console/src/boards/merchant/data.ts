// data.ts - the merchant's own shops, variants by name, and warehouses: read by several pages.
import { api, inTongue, useSession, useWords, type Lang } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";

export function useShops() {
  const { me } = useSession();
  const seller = me!.user.tenant;
  return useQuery({ queryKey: ["own-shops", seller], queryFn: async () => (await api.get("/v1/shops", { query: { seller, limit: 200 } })).items });
}

export type VariantChoice = { value: string; label: string; offer: string };

async function variantsOf(seller: string, lang: Lang): Promise<VariantChoice[]> {
  const found: VariantChoice[] = [];
  let after = "";
  do {
    const page = await api.get("/v1/products", { query: { seller, limit: 100, after, offers: true } as never });
    for (const p of page.items) for (const o of p.offers ?? []) found.push({ value: o.variant, label: `${inTongue(p.title, lang)}${o.variant_name ? ` · ${o.variant_name}` : ""} (${o.sku})`, offer: o.offer });
    after = page.next ?? "";
  } while (after && found.length < 3000);
  return found;
}

export function useVariants() {
  const { lang } = useWords();
  const { me } = useSession();
  const seller = me!.user.tenant;
  return useQuery({ queryKey: ["own-variants", seller, lang], queryFn: () => variantsOf(seller, lang), staleTime: 60_000 });
}

export const useWarehouses = () => useQuery({ queryKey: ["warehouses"], queryFn: async () => (await api.get("/v1/warehouses", { query: { limit: 200 } })).items, staleTime: 60_000 });
