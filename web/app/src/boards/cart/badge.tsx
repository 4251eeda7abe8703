// badge.tsx - how many pieces are in the cart.
import { useWords } from "@tael/shared";
import { useCart } from "./useCart";

export function CartBadge() {
  const { pieces } = useCart();
  const { t } = useWords();
  if (pieces === 0) return null;
  return (
    <i className="badge">
      {pieces > 99 ? "99+" : pieces}
      <span className="t-only-heard">{t("cart.pieces", { count: pieces })}</span>
    </i>
  );
}
