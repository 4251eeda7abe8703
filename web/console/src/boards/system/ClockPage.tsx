// ClockPage.tsx - a sandbox's business time, moved forward; every job due on the way runs before it is there.
import { api, dateTime, day, StateView, useWords } from "@tael/shared";
import { Button, DatePicker } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { ActionButton } from "../../ui/form";
import { useMarket } from "../../ui/market";
import { Figure, Figures, PageHead, Sheet } from "../../ui/Page";

const hour = 3600_000;

export default function ClockPage() {
  const { t, locale } = useWords();
  const market = useMarket();
  const [to, setTo] = useState<Dayjs | null>(null);
  if (!market.is_sandbox) return <><PageHead title={t("system.clock")} /><Sheet><StateView picture="locked" title={t("system.notHere")} text={t("system.notHereText")} /></Sheet></>;
  const move = (at: string, key: string) => api.post("/v1/clock/advance", { body: { to: at }, key });
  const by = (ms: number) => new Date(Date.parse(market.now) + ms).toISOString();
  const steps: [string, number][] = [["hour", hour], ["day", 24 * hour], ["week", 7 * 24 * hour], ["month", 30 * 24 * hour]];
  return (
    <>
      <PageHead title={t("system.clock")} lead={t("system.clockLead")} />
      <Figures><Figure name={t("system.now")} value={dateTime(market.now, locale)} /><Figure name={t("console.businessDate")} value={day(market.business_date, locale)} /></Figures>
      <Sheet title={t("system.move")}>
        <p className="c-lead c-gap">{t("system.moving")}</p>
        <div className="c-row c-gap">{steps.map(([name, ms]) => <ActionButton key={name} ask={t("system.askMove")} run={(key) => move(by(ms), key)} test={`clock-${name}`}>{t(`system.${name}`)}</ActionButton>)}</div>
        <div className="c-row">
          <DatePicker showTime value={to} onChange={(d) => setTo(Array.isArray(d) ? d[0]! : d)} placeholder={t("system.to")} aria-label={t("system.to")} minDate={dayjs(market.now)} />
          {to ? <ActionButton primary ask={t("system.askMove")} run={(key) => move(to.toISOString(), key)}>{t("system.move")}</ActionButton> : <Button disabled>{t("system.move")}</Button>}
        </div>
      </Sheet>
    </>
  );
}
