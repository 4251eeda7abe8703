// Tour.tsx - five steps through the console on the first visit to a demo market; shown once, and again from the account's
// menu. Each step opens the page it speaks of.
import { useMarket } from "../ui/market";
import { useSession, useWords } from "@tael/shared";
import { Button } from "antd";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";

const stored = "tael.console.tour";
const stops = ["/", "/orders", "/ecosystem", "/approvals", "/proofs"];

export function useTour() {
  const { is_sandbox } = useMarket();
  const { has } = useSession();
  const [step, setStep] = useState(0);
  useEffect(() => {
    if (is_sandbox && has("supervise") && !localStorage.getItem(stored)) setStep(1);
  }, [is_sandbox, has("supervise")]);
  const end = () => {
    localStorage.setItem(stored, "seen");
    setStep(0);
  };
  return { step, setStep, end, start: () => setStep(1) };
}

export function Tour(props: ReturnType<typeof useTour>) {
  const { t } = useWords();
  const go = useNavigate();
  const { step, setStep, end } = props;
  if (step === 0) return null;
  const next = () => {
    if (step === stops.length) return end();
    go(stops[step]!);
    setStep(step + 1);
  };
  return (
    <section className="c-tour" role="dialog" aria-label={t("tour.title")}>
      <small>{t("tour.step", { n: step, of: stops.length })}</small>
      <h2>{t(`tour.t${step}`)}</h2>
      <p>{t(`tour.p${step}`)}</p>
      <div className="c-tour-dots" aria-hidden="true">{stops.map((s, i) => <i key={s} className={i < step ? "on" : ""} />)}</div>
      <div className="c-row end">
        <Button type="text" onClick={end}>{step === stops.length ? t("common.close") : t("tour.later")}</Button>
        {step < stops.length && <Button type="primary" onClick={next}>{t("common.next")}</Button>}
      </div>
    </section>
  );
}
