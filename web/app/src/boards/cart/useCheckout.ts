// useCheckout.ts - sends an order once. A checkout whose answer was lost is kept, key and words, until there is an answer:
// asking again with both does nothing twice, also after the page was closed and opened again.
import { api, isUnanswered, newKey, useAction, useSession, type BodyOf, type Op } from "@tael/shared";
import { useState } from "react";

type Body = BodyOf<Op<"/v1/carts/{crt}/checkout", "post">>;
export type Unheard = { cart: string; key: string; body: Body };

const stored = (user: string) => `tael.unheard.${user}`;

function load(user: string): Unheard | null {
  const text = sessionStorage.getItem(stored(user));
  return text ? (JSON.parse(text) as Unheard) : null;
}

export function useCheckout() {
  const user = useSession().me?.user.user ?? "";
  const [unheard, setUnheard] = useState(() => load(user));
  const send = useAction((_, sent: Unheard) => api.post("/v1/carts/{crt}/checkout", { path: { crt: sent.cart }, key: sent.key, body: sent.body }));
  function settle() {
    sessionStorage.removeItem(stored(user));
    setUnheard(null);
  }
  async function start(sent: Unheard) {
    sessionStorage.setItem(stored(user), JSON.stringify(sent));
    try {
      const order = await send.start(sent);
      if (order) settle();
      return order;
    } catch (e) {
      if (isUnanswered(e)) setUnheard(sent);
      else settle();
      throw e;
    }
  }
  return { unheard, busy: send.busy, error: send.error, start: (cart: string, body: Body) => start({ cart, key: newKey(), body }), again: (sent: Unheard) => start(sent) };
}
