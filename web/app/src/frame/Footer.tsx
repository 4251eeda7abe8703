// Footer.tsx - the foot of a desktop page: where else one can go, the language and the look. A phone has all of it under Me.
import { useWords } from "@tael/shared";
import { Link } from "react-router";
import { menu, placed } from "../boards";
import { LanguageChoice, ThemeSwitch } from "../ui/choices";
import { Mark } from "../ui/Icon";
import { useMarket } from "../ui/market";

export function Footer() {
  const { t } = useWords();
  const market = useMarket();
  return (
    <footer className="foot">
      <div className="foot-inner">
        <div className="foot-brand">
          <span className="brand">
            <Mark size={26} />
            <span dir="auto">{market?.name ?? "Tael"}</span>
          </span>
          <p>{t("app.foot")}</p>
        </div>
        <nav aria-label={t("app.footMarket")}>
          <h2>{t("app.footMarket")}</h2>
          {[...menu, ...placed("top")].map((m) => (
            <Link key={m.path} to={m.path}>
              {t(m.title)}
            </Link>
          ))}
        </nav>
        <nav aria-label={t("app.footMore")}>
          <h2>{t("app.footMore")}</h2>
          <a href="/console/">{t("app.console")}</a>
          <a href="/docs">{t("app.api")}</a>
        </nav>
        <div className="foot-choices">
          <LanguageChoice />
          <ThemeSwitch />
        </div>
      </div>
    </footer>
  );
}
