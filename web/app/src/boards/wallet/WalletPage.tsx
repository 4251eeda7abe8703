// WalletPage.tsx - balance, a chart of it, and the statement line by line.
import { Chart, Empty, Failure, Loading, plainMoney, scaleOf, useList, useWords, type Schema } from "@tael/shared";
import { useCallback, useEffect, useMemo } from "react";
import { useSearchParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page } from "../../ui/Page";
import { Gate, ListEnd } from "../../ui/parts";
import { MoveSheet, type Act } from "./MoveSheet";
import { useWallet } from "./useWallet";

type Line = Schema<"WalletLine">;

function BalanceChart(props: { lines: Line[] }) {
  const { t } = useWords();
  const show = useShow();
  const { lines } = props;
  const points = useMemo(() => [...lines].reverse(), [lines]);
  const option = useCallback(
    (colour: (name: string) => string) => ({
      grid: { left: 4, right: 36, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis" as const,
        renderMode: "richText" as const,
        formatter: (p: { dataIndex: number }[]) => {
          const line = points[p[0]?.dataIndex ?? 0];
          return line ? `${show.time(line.at)}\n${show.money(line.balance)}` : "";
        },
      },
      xAxis: { type: "category" as const, boundaryGap: false, data: points.map((l) => show.day(l.at)), axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--t-line") } }, axisLabel: { color: colour("--t-soft"), hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" } },
      yAxis: { type: "value" as const, scale: true, splitNumber: 3, splitLine: { lineStyle: { color: colour("--t-line") } }, axisLabel: { color: colour("--t-soft") } },
      // A chart is drawn to the pixel: the only place where an amount becomes a fraction, and nothing comes back from it.
      series: [{ type: "line" as const, step: "end" as const, showSymbol: false, lineStyle: { width: 2.5, color: colour("--t-brand") }, itemStyle: { color: colour("--t-brand") }, areaStyle: { color: colour("--t-brand"), opacity: 0.12 }, data: points.map((l) => l.balance / 10 ** scaleOf(show.currency)) }],
    }),
    [points, show],
  );
  if (points.length < 2) return null;
  return <Chart label={`${t("wallet.chart", { count: points.length })}: ${plainMoney(points.at(-1)!.balance, show.currency)}`} height={180} option={option} />;
}

function Statement(props: { list: ReturnType<typeof useList<"/v1/wallet/statement">> }) {
  const { t, lang } = useWords();
  const show = useShow();
  const { list } = props;
  if (list.isPending) return <Loading lines={6} />;
  if (list.error && list.items.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (list.items.length === 0) return <Empty title={t("wallet.emptyTitle")} text={t("wallet.emptyText")} />;
  const days = new Map<string, Line[]>();
  for (const l of list.items) {
    const day = show.day(l.at);
    days.set(day, [...(days.get(day) ?? []), l]);
  }
  return (
    <>
      {[...days].map(([day, lines]) => (
        <section key={day} className="statement-day">
          <h3>{day}</h3>
          <ul>
            {lines.map((l, i) => (
              <li key={`${l.at}${i}`}>
                <span className={l.amount < 0 ? "round-icon small" : "round-icon small gold"}>
                  <Icon name={l.amount < 0 ? "up" : "down"} size={18} />
                </span>
                <span className="statement-words">
                  {lang === "zh" ? l.why_zh : l.why}
                  <small>{show.time(l.at)}</small>
                </span>
                <span className="statement-money">
                  <strong className={l.amount < 0 ? "t-money" : "t-money good-text"}>{show.money(l.amount, true)}</strong>
                  <small className="t-money">{show.money(l.balance)}</small>
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <ListEnd list={list} />
    </>
  );
}

function Wallet() {
  const { t } = useWords();
  const show = useShow(), wallet = useWallet(), list = useList("/v1/wallet/statement", { limit: 40 });
  const balance_now = wallet.data?.balance, refetch = list.refetch;
  // The statement follows the balance.
  useEffect(() => {
    if (balance_now !== undefined) void refetch();
  }, [balance_now]);
  const [at, set] = useSearchParams();
  const asked = at.get("do");
  const act: Act | null = asked === "topUp" || asked === "send" || asked === "withdraw" ? asked : null;
  if (wallet.isPending) return <Loading tall={1} />;
  if (wallet.error) return <Failure error={wallet.error} retry={() => void wallet.refetch()} />;
  const { balance, available } = wallet.data;
  return (
    <>
      <section className="wallet-card big">
        <div className="wallet-figure">
          <span>{t("wallet.balance")}</span>
          <strong className="t-money">{show.money(available)}</strong>
          {balance !== available && <small>{t("wallet.held", { amount: show.money(balance - available) })}</small>}
        </div>
        <div className="wallet-acts">
          {(["topUp", "send", "withdraw"] as const).map((a) => (
            <button key={a} type="button" onClick={() => set({ do: a }, { replace: true })}>
              <span>
                <Icon name={a === "topUp" ? "down" : a === "send" ? "send" : "up"} size={20} />
              </span>
              {t(`wallet.${a}`)}
            </button>
          ))}
        </div>
      </section>
      {list.items.length > 1 && (
        <Card>
          <BalanceChart lines={list.items} />
        </Card>
      )}
      <Card title={t("wallet.statement")}>
        <Statement list={list} />
      </Card>
      <MoveSheet act={act} available={available} onClose={() => set({}, { replace: true })} />
    </>
  );
}

export default function WalletPage() {
  const { t } = useWords();
  return (
    <Page title={t("wallet.title")} back="/me">
      <Gate scope="wallet">
        <Wallet />
      </Gate>
    </Page>
  );
}
