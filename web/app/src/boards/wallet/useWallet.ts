// useWallet.ts - one's own balance.
import { api, useSession } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";

export function useWallet() {
  const { has } = useSession();
  return useQuery({ queryKey: ["wallet"], enabled: has("wallet"), queryFn: () => api.get("/v1/wallet"), refetchInterval: 20_000 });
}
