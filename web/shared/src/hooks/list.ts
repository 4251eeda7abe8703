// list.ts - a list behind cursors: the first page, then more on demand, however long it is.
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { ItemOf, ListPath } from "../api/types";

export type ListQuery = Record<string, string | number | boolean | undefined>;
type Page = { items: unknown[]; next: string | null };

export function useList<P extends ListPath>(
  path: P,
  options: { path?: Record<string, string>; query?: ListQuery; limit?: number; enabled?: boolean; refetchInterval?: number } = {},
) {
  const { query = {}, limit = 30, enabled = true, refetchInterval } = options;
  const asked = useInfiniteQuery({
    queryKey: [path, options.path ?? {}, query, limit],
    enabled,
    refetchInterval: refetchInterval ?? false,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      (api.get as unknown as (p: string, a: unknown) => Promise<Page>)(path, { path: options.path, query: { ...query, limit, after: pageParam }, signal }),
    getNextPageParam: (last: Page) => last.next || undefined,
  });
  return {
    items: (asked.data?.pages.flatMap((p) => p.items) ?? []) as ItemOf<P>[],
    isPending: asked.isPending && enabled,
    isFetching: asked.isFetching,
    error: asked.error,
    hasMore: asked.hasNextPage,
    more: () => asked.fetchNextPage(),
    refetch: () => asked.refetch(),
  };
}
