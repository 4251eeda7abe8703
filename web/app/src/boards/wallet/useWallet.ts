// useWallet.ts - one's own balance.
import { api, useSession } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";

// While a channel has not answered yet, the balance is looked at every second, for half a minute.
let watched_until = 0;

export function watchWallet() {
  watched_until = Date.now() + 30_000;
}

export function useWallet() {
  const { has } = useSession();
  return useQuery({ queryKey: ["wallet"], enabled: has("wallet"), queryFn: () => api.get("/v1/wallet"), refetchInterval: () => (Date.now() < watched_until ? 1_000 : 20_000) });
}
