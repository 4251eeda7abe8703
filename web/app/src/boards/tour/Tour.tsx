// Tour.tsx - five steps over a fresh demonstration; never shown in a market of real money.
import { useSession, useWords } from "@tael/shared";
import { useEffect, useRef, useState } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { useMarket } from "../../ui/market";
import { Button } from "../../ui/parts";

const stored = "tael.toured";
const icons: IconName[] = ["shop", "cart", "card", "truck", "spark"];

export default function Tour() {
  const { t } = useWords();
  const market = useMarket(), { me } = useSession();
  const { pathname } = useLocation(), go = useNavigate(), [query, setQuery] = useSearchParams();
  const [step, setStep] = useState(1), [toured, setToured] = useState(() => localStorage.getItem(stored) === "yes");
  const dialog = useRef<HTMLDialogElement>(null);
  const is_demo = (market?.demo_logins.length ?? 0) > 0, is_asked = query.get("tour") === "again";
  const is_wanted = is_demo && pathname === "/" && (!toured || is_asked);
  useEffect(() => {
    const d = dialog.current;
    if (is_wanted && d && !d.open) {
      setStep(1);
      d.showModal();
    }
  }, [is_wanted]);
  if (!is_wanted) return null;
  const is_last = step === icons.length;
  function end() {
    localStorage.setItem(stored, "yes");
    setToured(true);
    if (is_asked) setQuery({}, { replace: true });
  }
  function next() {
    if (!is_last) return setStep(step + 1);
    end();
    if (!me) void go("/sign-in");
  }
  return (
    <dialog ref={dialog} className="tour" aria-labelledby="tour-title" onClose={end}>
      <span className="tour-picture">
        <Icon name={icons[step - 1] ?? "spark"} size={56} />
      </span>
      <div aria-live="polite">
        <p className="tour-step">{t("tour.step", { now: step, all: icons.length })}</p>
        <h2 id="tour-title">{t(`tour.t${step}`)}</h2>
        <p>{t(`tour.d${step}`)}</p>
      </div>
      <div className="tour-dots" aria-hidden="true">
        {icons.map((_, i) => (
          <i key={i} className={i + 1 === step ? "on" : ""} />
        ))}
      </div>
      <div className="two">
        <Button quiet onClick={end}>
          {t("common.skip")}
        </Button>
        <Button onClick={next}>{t(is_last ? "tour.start" : "common.next")}</Button>
      </div>
    </dialog>
  );
}
