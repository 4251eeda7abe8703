// market.ts - the market's own facts, asked once and given to all pages: currency, clock, whether there is a market yet.
import { ago, api, money as print, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { createContext, useCallback, useContext } from "react";

export type MarketFacts = Schema<"MarketCard">;
export const MarketContext = createContext<MarketFacts | null>(null);

export const useMarketFacts = () =>
  useQuery({ queryKey: ["market"], queryFn: () => api.get("/v1/market"), staleTime: 30_000, refetchInterval: 60_000 });

export function useMarket(): MarketFacts {
  const facts = useContext(MarketContext);
  if (!facts) throw new Error("outside of the market's frame");
  return facts;
}

// Amounts of the market's currency in the reader's form.
export function useMoney() {
  const { locale } = useWords();
  const { currency } = useMarket();
  return useCallback((minor: number | bigint, other?: string, signed = false) => print(minor, other || currency, locale, signed), [currency, locale]);
}

// How long ago by the market's own clock: in a replay or a sandbox it stands years beside the reader's.
export function useAgo() {
  const { locale } = useWords();
  const now = Date.parse(useMarket().now ?? "") || Date.now();
  return useCallback((at: string) => ago(at, locale, Math.max(now, Date.parse(at))), [locale, now]);
}
