// list.ts - a list behind cursors: the first page, then more on demand, however long it is.
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { ItemOf, ListPath } from "../api/types";

export type ListQuery = Record<string, string | number | boolean | undefined>;
type Page = { items: unknown[]; next: string | null };
type Asked = { path?: Record<string, string>; query: Record<string, unknown>; signal: AbortSignal };
const barePages = 20;

// A page may be empty though more follow: the server looks at so many rows an answer, however rare a match is. So it is
// asked again, some times, before a person has to ask for more.
async function page(path: string, asked: Asked): Promise<Page> {
  let got = await (api.get as unknown as (p: string, a: unknown) => Promise<Page>)(path, asked);
  for (let n = 0; n < barePages && got.items.length === 0 && got.next; n++)
    got = await (api.get as unknown as (p: string, a: unknown) => Promise<Page>)(path, { ...asked, query: { ...asked.query, after: got.next } });
  return got;
}

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
      page(path, { path: options.path, query: { ...query, limit, after: pageParam }, signal }),
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
