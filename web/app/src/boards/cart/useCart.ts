// useCart.ts - the buyer's open cart: which one it is, what is in it, and putting things in. The cart is begun when
// something is first put in, and another one after an order was made of it.
import { api, isMissing, useSession, type Schema } from "@tael/shared";
import { useQuery, useQueryClient } from "@tanstack/react-query";

type Cart = Schema<"Cart">;
const stored = (user: string) => `tael.cart.${user}`;

async function read(user: string): Promise<Cart | null> {
  const cart = localStorage.getItem(stored(user));
  if (!cart) return null;
  try {
    const found = await api.get("/v1/carts/{crt}", { path: { crt: cart } });
    if (found.open) return found;
  } catch (e) {
    if (!isMissing(e)) throw e;
  }
  localStorage.removeItem(stored(user));
  return null;
}

export function useCart() {
  const { me, has } = useSession();
  const queries = useQueryClient();
  const user = me?.user.user ?? "";
  const asked = useQuery({ queryKey: ["cart", user], enabled: has("buy"), queryFn: () => read(user) });
  const cart = asked.data ?? null;

  async function begin(key: string): Promise<Cart> {
    const made = await api.post("/v1/carts", { key: `${key}-cart` });
    localStorage.setItem(stored(user), made.cart);
    return { ...made, lines: [] };
  }
  async function set(offer: string, quantity: number, key: string) {
    const open = (await read(user)) ?? (await begin(key));
    await api.put("/v1/carts/{crt}/lines", { path: { crt: open.cart }, body: { offer, quantity }, key });
    await Promise.all([queries.invalidateQueries({ queryKey: ["cart"] }), queries.invalidateQueries({ queryKey: ["quote"] })]);
  }
  return {
    cart,
    isPending: asked.isPending && has("buy"),
    error: asked.error,
    refetch: asked.refetch,
    pieces: (cart?.lines ?? []).reduce((sum, l) => sum + l.quantity, 0),
    set,
    async add(offer: string, more: number, key: string) {
      const now = await read(user);
      const there = (now?.lines ?? []).find((l) => l.offer === offer)?.quantity ?? 0;
      await set(offer, Math.min(999, there + more), key);
    },
    forget() {
      localStorage.removeItem(stored(user));
      void queries.invalidateQueries({ queryKey: ["cart"] });
    },
  };
}
