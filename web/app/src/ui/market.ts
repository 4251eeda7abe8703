// market.ts - what everybody is told of the market, and amounts and moments in its terms.
import { api, clockTime, dateTime, day, money, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";

export type MarketCard = Schema<"MarketCard">;

export function useMarket() {
  return useQuery({ queryKey: ["market"], queryFn: () => api.get("/v1/market"), staleTime: 300_000 }).data;
}

export function useShow() {
  const { locale } = useWords();
  const currency = useMarket()?.currency ?? "CNY";
  return {
    currency,
    money: (minor: number, signed = false) => money(minor, currency, locale, signed),
    time: (at: string) => dateTime(at, locale),
    clock: (at: string) => clockTime(at, locale),
    day: (on: string) => day(on, locale),
  };
}
