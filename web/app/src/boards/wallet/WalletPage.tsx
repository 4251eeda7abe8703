// WalletPage.tsx - balance, a chart of it, and the statement line by line.
import { Chart, download, Empty, exportCsv, Failure, Loading, plainMoney, scaleOf, sentence, useList, useWords, type CsvColumn, type Schema } from "@tael/shared";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page, Row } from "../../ui/Page";
import { Button, Gate, ListEnd } from "../../ui/parts";
import { toast } from "../../ui/toast";
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
      grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: "axis" as const,
        renderMode: "richText" as const,
        formatter: (p: { dataIndex: number }[]) => {
          const line = points[p[0]?.dataIndex ?? 0];
          return line ? `${show.day(line.on)}\n${show.money(line.balance)}` : "";
        },
      },
      xAxis: { type: "category" as const, boundaryGap: false, data: points.map((l) => show.day(l.on)), axisTick: { show: false }, axisLine: { lineStyle: { color: colour("--t-line") } }, axisLabel: { color: colour("--t-soft"), hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" } },
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
    const day = show.day(l.on);
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
                  {/* A made-up past is booked today: then the hour says nothing. */}
                  {show.day(l.at) === day && <small>{show.clock(l.at)}</small>}
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

// What came in and went out over the lines that are shown.
function Sums(props: { lines: Line[] }) {
  const { t } = useWords();
  const show = useShow();
  const sum = (keep: (n: number) => boolean) => props.lines.reduce((n, l) => (keep(l.amount) ? n + l.amount : n), 0);
  return (
    <Card title={t("wallet.sums", { count: props.lines.length })}>
      <Row label={t("wallet.in")} value={show.money(sum((n) => n > 0), true)} tone="good" />
      <Row label={t("wallet.out")} value={show.money(sum((n) => n < 0), true)} />
    </Card>
  );
}

function CsvButton() {
  const { t, lang } = useWords();
  const { currency } = useShow();
  const [rows, setRows] = useState<number | null>(null);
  const columns: CsvColumn[] = [
    { title: t("wallet.day"), value: (l: Line) => l.on },
    { title: t("wallet.at"), value: (l: Line) => l.at },
    { title: t("wallet.what"), value: (l: Line) => (lang === "zh" ? l.why_zh : l.why) },
    { title: `${t("wallet.amount")} (${currency})`, value: (l: Line) => plainMoney(l.amount, currency), plain: true },
    { title: `${t("wallet.balance")} (${currency})`, value: (l: Line) => plainMoney(l.balance, currency), plain: true },
  ];
  async function save() {
    setRows(0);
    try {
      download(await exportCsv("/v1/wallet/statement", { query: {} }, columns, setRows, new AbortController().signal), "wallet.csv");
    } catch (e) {
      toast(sentence(t, e));
    }
    setRows(null);
  }
  return (
    <Button quiet small busy={rows !== null} onClick={() => void save()}>
      {rows ? t("wallet.csvRows", { count: rows }) : t("wallet.csv")}
    </Button>
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
  if (!wallet.data) return <Failure error={wallet.error} retry={() => void wallet.refetch()} />;
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
      <div className="with-side flip">
        <Card title={t("wallet.statement")} extra={list.items.length > 0 && <CsvButton />}>
          <Statement list={list} />
        </Card>
        {list.items.length > 1 && (
          <div>
            <Card title={t("wallet.course")}>
              <BalanceChart lines={list.items} />
            </Card>
            <Sums lines={list.items} />
          </div>
        )}
      </div>
      <MoveSheet act={act} available={available} onClose={() => set({}, { replace: true })} />
    </>
  );
}

export default function WalletPage() {
  const { t } = useWords();
  return (
    <Page title={t("wallet.title")} back="/me" wide>
      <Gate scope="wallet">
        <Wallet />
      </Gate>
    </Page>
  );
}
