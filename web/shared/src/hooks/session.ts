// session.ts - who is signed in. One question to the server for all components; signing in or out forgets whatever was
// read as somebody else.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, setCsrfToken } from "../api/client";
import { isSignedOut } from "../api/problem";
import type { Schema } from "../api/types";

export type Me = Schema<"Me">;

async function readMe(): Promise<Me | null> {
  try {
    const me = await api.get("/v1/me");
    setCsrfToken(me.csrf_token ?? "");
    return me;
  } catch (e) {
    if (!isSignedOut(e)) throw e;
    setCsrfToken("");
    return null;
  }
}

// Whatever was read as somebody else; who is looking on is asked to read it again.
const isTheirs = (q: { queryKey: readonly unknown[] }) => q.queryKey[0] !== "me" && q.queryKey[0] !== "market";

export function useSession() {
  const queries = useQueryClient();
  const { data, isPending, error, refetch } = useQuery({ queryKey: ["me"], queryFn: readMe, staleTime: 60_000 });
  const scopes = new Set((data?.scopes ?? "").split(/[\s,]+/));
  return {
    me: data ?? null,
    isPending,
    error,
    refetch,
    has: (scope: string) => scope === "public" || scopes.has(scope),
    async signIn(email: string, password: string) {
      const session = await api.post("/v1/sessions", { body: { email, password } });
      setCsrfToken(session.csrf_token);
      await queries.fetchQuery({ queryKey: ["me"], queryFn: readMe, staleTime: 0 });
      await queries.resetQueries({ predicate: isTheirs });
      return session;
    },
    async signOut() {
      await api.delete("/v1/session");
      setCsrfToken("");
      queries.setQueryData(["me"], null);
      await queries.resetQueries({ predicate: isTheirs });
    },
  };
}
