// PromotionsCard.tsx - credit that any buyer may use now.
import { inTongue, useList, useWords } from "@tael/shared";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";

export default function PromotionsCard() {
  const { t, lang } = useWords();
  const show = useShow();
  const { items } = useList("/v1/promotions");
  if (items.length === 0) return null;
  return (
    <div className="promotions">
      {items.map((p) => (
        <div className="promotion" key={p.campaign}>
          <Icon name="gift" size={26} />
          <div>
            <strong dir="auto">{inTongue(p.name, lang)}</strong>
            <span>
              {t("goods.promo", { amount: show.money(p.per_order_max) })} · {t("goods.promoUse")}
            </span>
          </div>
        </div>
      ))}
    </div>
  );
}
