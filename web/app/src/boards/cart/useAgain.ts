// useAgain.ts - puts the goods of an order into the cart once more.
import { newKey, sentence, useWords, type Schema } from "@tael/shared";
import { useState } from "react";
import { useNavigate } from "react-router";
import { toast } from "../../ui/toast";
import { useCart } from "./useCart";

export function useAgain(order: Schema<"Order">) {
  const { t } = useWords();
  const go = useNavigate(), cart = useCart();
  const [busy, setBusy] = useState(false);
  async function again() {
    setBusy(true);
    try {
      for (const l of order.children.flatMap((c) => c.lines)) await cart.set(l.offer, l.quantity, newKey());
      void go("/cart");
    } catch (e) {
      toast(sentence(t, e));
      setBusy(false);
    }
  }
  return { again: () => void again(), busy };
}
