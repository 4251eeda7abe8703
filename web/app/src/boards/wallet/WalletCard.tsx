// WalletCard.tsx - the balance on the first page.
import { useWords } from "@tael/shared";
import { Link } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { useWallet } from "./useWallet";

export default function WalletCard() {
  const { t } = useWords();
  const show = useShow(), wallet = useWallet().data;
  return (
    <section className="wallet-card" aria-label={t("wallet.title")}>
      <Link to="/wallet" className="wallet-figure">
        <span>{t("wallet.title")}</span>
        <strong className="t-money">{wallet ? show.money(wallet.available) : "…"}</strong>
        <small>{t("wallet.balance")}</small>
      </Link>
      <div className="wallet-acts">
        {(["topUp", "send", "withdraw"] as const).map((act) => (
          <Link key={act} to={`/wallet?do=${act}`}>
            <span>
              <Icon name={act === "topUp" ? "down" : act === "send" ? "send" : "up"} size={20} />
            </span>
            {t(`wallet.${act}`)}
          </Link>
        ))}
      </div>
    </section>
  );
}
