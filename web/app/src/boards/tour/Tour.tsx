// Tour.tsx - five steps over a fresh demonstration; never shown in a market of real money.
import { useWords } from "@tael/shared";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useLocation, useNavigate } from "react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { useMarket } from "../../ui/market";
import { Button } from "../../ui/parts";
import { endTour, subscribeTour, wasToured } from "./state";

const icons: IconName[] = ["shop", "cart", "card", "truck", "spark"];

export default function Tour() {
  const { t } = useWords();
  const market = useMarket(), toured = useSyncExternalStore(subscribeTour, wasToured);
  const { pathname } = useLocation(), go = useNavigate();
  const [step, setStep] = useState(1);
  const dialog = useRef<HTMLDialogElement>(null);
  const is_wanted = !toured && (market?.demo_logins.length ?? 0) > 0 && (pathname === "/" || pathname === "/me");
  useEffect(() => {
    const d = dialog.current;
    if (is_wanted && d && !d.open) {
      setStep(1);
      d.showModal();
    }
  }, [is_wanted]);
  if (!is_wanted) return null;
  const is_last = step === icons.length;
  function next() {
    if (!is_last) return setStep(step + 1);
    endTour();
    void go("/sign-in");
  }
  return (
    <dialog ref={dialog} className="tour" aria-labelledby="tour-title" onClose={endTour}>
      <span className="tour-picture">
        <Icon name={icons[step - 1] ?? "spark"} size={56} />
      </span>
      <p className="tour-step">{t("tour.step", { now: step, all: icons.length })}</p>
      <h2 id="tour-title">{t(`tour.t${step}`)}</h2>
      <p>{t(`tour.d${step}`)}</p>
      <div className="tour-dots" aria-hidden="true">
        {icons.map((_, i) => (
          <i key={i} className={i + 1 === step ? "on" : ""} />
        ))}
      </div>
      <div className="two">
        <Button quiet onClick={endTour}>
          {t("common.skip")}
        </Button>
        <Button onClick={next}>{t(is_last ? "tour.start" : "common.next")}</Button>
      </div>
    </dialog>
  );
}
