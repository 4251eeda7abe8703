// data.ts - what several tiles read: the market now, and series over a period.
import { api, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useMarket } from "../../ui/market";

export type Point = Schema<"SeriesPoint">;

export const useNow = () => useQuery({ queryKey: ["now"], queryFn: () => api.get("/v1/now"), refetchInterval: 15_000 });

export function daysBefore(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - days);
  return at.toISOString().slice(0, 10);
}

export function useSeries(days: number, by: "day" | "hour") {
  const { business_date } = useMarket();
  const query = { from: daysBefore(business_date, days - 1), to: business_date, by };
  return useQuery({ queryKey: ["series", query], queryFn: () => api.get("/v1/series", { query }), refetchInterval: 60_000 });
}
