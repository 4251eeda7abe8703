// market.ts - what everybody is told of the market, and amounts and moments in its terms.
import { ago, api, clockTime, dateTime, day, money, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";

export type MarketCard = Schema<"MarketCard">;

const useFacts = () => useQuery({ queryKey: ["market"], queryFn: () => api.get("/v1/market"), staleTime: 300_000 });

export const useMarket = () => useFacts().data;

export function useShow() {
  const { locale } = useWords();
  const { data: market, dataUpdatedAt } = useFacts();
  const currency = market?.currency ?? "CNY";
  // The market's clock may stand years beside the reader's.
  const now = market?.now ? Date.parse(market.now) + Date.now() - dataUpdatedAt : Date.now();
  return {
    currency,
    money: (minor: number, signed = false) => money(minor, currency, locale, signed),
    time: (at: string) => dateTime(at, locale),
    clock: (at: string) => clockTime(at, locale),
    ago: (at: string) => ago(at, locale, Math.max(now, Date.parse(at))),
    day: (on: string) => day(on, locale),
  };
}
