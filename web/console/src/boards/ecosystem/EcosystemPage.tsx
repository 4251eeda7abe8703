// EcosystemPage.tsx - the live flow diagram: who gave money to whom in a period, drawn from the ledger; a flow opens its
// parts and each part its postings. The same stands below as a table, for the keyboard and whoever does not see it.
import { api, Chart, count, Empty, Failure, Loading, useTheme, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, DatePicker } from "antd";
import dayjs from "dayjs";
import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { Choice } from "../../ui/charts";
import { useMarket, useMoney } from "../../ui/market";
import { Figure, Figures, PageHead, Sheet } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { daysBefore } from "../market/data";
import { graphOf, partyOf, type Flow, type Level, type Link } from "./graph";
import { Postings, type Opened } from "./Postings";

const far_back = 3600;
const colours: Record<string, string> = { own: "--t-calm", channels: "--t-gold", buyers: "--t-brand", campaigns: "--t-wait", suspense: "--t-bad", escrow: "--t-good", sellers: "--t-brand-strong", reserve: "--t-calm", fees: "--t-gold", payouts: "--t-brand", refunds: "--t-bad", bank: "--t-calm", other: "--t-faint" };

function usePeriod() {
  const { business_date } = useMarket();
  const [params, setParams] = useSearchParams();
  const from = params.get("from") ?? daysBefore(business_date, 29), to = params.get("to") ?? business_date;
  const set = (days: number) => setParams({ from: daysBefore(business_date, days - 1), to: business_date }, { replace: true });
  const between = (a: string, b: string) => setParams({ from: a, to: b }, { replace: true });
  const days = to === business_date ? Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1 : 0;
  return { from, to, days, set, between };
}

export default function EcosystemPage() {
  const { t, lang, locale } = useWords();
  const { dark } = useTheme();
  const money = useMoney();
  const { currency } = useMarket();
  const period = usePeriod();
  const [level, setLevel] = useState<Level>("simple");
  const [opened, setOpened] = useState<Opened | null>(null);
  const { from, to } = period;
  const { data, error, refetch } = useQuery({ queryKey: ["flows", from, to], queryFn: () => api.get("/v1/flows", { query: { from, to } }), refetchInterval: 30_000 });
  const flows = useMemo(() => (data?.flows ?? []).filter((f) => f.currency === currency), [data, currency]);
  const graph = useMemo(() => graphOf(flows, level), [flows, level]);
  const name = useCallback(
    (id: string) => {
      const [plain, back] = id.split("/");
      const code = Number(plain);
      const flow = Number.isInteger(code) && code > 0 ? flows.find((f) => f.debit_code === code || f.credit_code === code) : undefined;
      const text = flow ? (flow.debit_code === code ? (lang === "zh" ? flow.debit_name_zh : flow.debit_name) : lang === "zh" ? flow.credit_name_zh : flow.credit_name) : t(`ecosystem.parties.${plain}`);
      return back ? t("ecosystem.back", { name: text }) : text;
    },
    [flows, lang, t],
  );
  const option = useCallback<Parameters<typeof Chart>[0]["option"]>(
    (c) => {
      void dark;
      const colour = (id: string) => c(colours[Number(id.split("/")[0]) > 0 ? partyOf(Number(id.split("/")[0])) : id.split("/")[0]!] ?? "--t-faint");
      return {
        tooltip: {
          trigger: "item", backgroundColor: c("--t-raised"), borderColor: c("--t-line"), textStyle: { color: c("--t-ink") },
          formatter: (p: { dataType: string; name: string; value: number; data: { source: string; target: string; value: number } }) =>
            p.dataType === "edge" ? `${name(p.data.source)} → ${name(p.data.target)}<br><b>${money(p.data.value)}</b>` : `${name(p.name)}<br><b>${money(p.value)}</b>`,
        },
        series: [{
          type: "sankey", animation: false, left: 4, right: 190, top: 8, bottom: 14, nodeWidth: 14, nodeGap: 28, draggable: false, nodeAlign: "justify", emphasis: { focus: "adjacency" }, layoutIterations: 64,
          label: { color: c("--t-ink"), fontSize: 12.5, formatter: (p: { name: string }) => name(p.name), width: 180, overflow: "truncate" },
          lineStyle: { color: "gradient", opacity: 0.32, curveness: 0.5 },
          data: graph.nodes.map((n) => ({ name: n.id, itemStyle: { color: colour(n.id), borderWidth: 0 } })),
          links: graph.links.map((l) => ({ source: l.from, target: l.to, value: l.amount })),
        }],
      };
    },
    [graph, name, money, dark],
  );
  const moved = flows.reduce((sum, f) => sum + f.amount, 0), postings = flows.reduce((sum, f) => sum + f.transfers, 0);
  const open = (f: Flow) => setOpened({ title: `${lang === "zh" ? f.debit_name_zh : f.debit_name} → ${lang === "zh" ? f.credit_name_zh : f.credit_name} · ${lang === "zh" ? f.reason_zh : f.reason}`, debit_code: f.debit_code, credit_code: f.credit_code, why: f.why });
  const [link, setLink] = useState<Link | null>(null);
  const chosen = link && graph.links.find((l) => l.from === link.from && l.to === link.to);
  const click = (p: { dataType?: string; data: unknown }) => {
    if (p.dataType !== "edge") return setLink(null);
    const edge = p.data as { source: string; target: string };
    setLink(graph.links.find((l) => l.from === edge.source && l.to === edge.target) ?? null);
  };
  const shown = chosen ? chosen.flows : flows;
  return (
    <>
      <PageHead title={t("ecosystem.title")} lead={t("ecosystem.lead")}>
        <Choice label={t("ecosystem.period")} value={period.days} set={period.set} options={[1, 7, 30, 365, far_back].map((value) => ({ value, label: t(`ecosystem.${value === far_back ? "all" : `d${value}`}`) }))} />
        <DatePicker.RangePicker value={[dayjs(data && data.since && data.since > from ? data.since : from), dayjs(to)]} allowClear={false} aria-label={t("ecosystem.period")} onChange={(d) => d?.[0] && d[1] && period.between(d[0].format("YYYY-MM-DD"), d[1].format("YYYY-MM-DD"))} />
      </PageHead>
      {error && !data ? <Failure error={error} retry={() => void refetch()} /> : !data ? <Loading tall={3} /> : (
        <>
          {!data.is_complete && <Alert type="info" title={t("ecosystem.incomplete")} className="c-gap" showIcon />}
          <Figures>
            <Figure name={t("ecosystem.total")} value={money(moved)} />
            <Figure name={t("ecosystem.postings")} value={count(postings, locale)} />
            <Figure name={t("ecosystem.flows")} value={count(flows.length, locale)} />
          </Figures>
          <Sheet aside={<Choice label={t("ecosystem.detail")} value={level} set={(v) => { setLevel(v); setLink(null); }} options={[{ value: "simple", label: t("ecosystem.simple") }, { value: "full", label: t("ecosystem.full") }]} />} title={t("ecosystem.diagram")}>
            {flows.length === 0 ? <Empty title={t("ecosystem.none")} text={t("ecosystem.noneText")} /> : <div className="c-sankey" role="region" tabIndex={0} aria-label={t("ecosystem.diagram")}><Chart option={option} label={t("ecosystem.diagram")} height={level === "simple" ? 460 : 620} onClick={click} /></div>}
          </Sheet>
          {flows.length > 0 && (
            <Sheet flush title={chosen ? `${name(chosen.from)} → ${name(chosen.to)}` : t("ecosystem.table")} aside={chosen && <Button size="small" onClick={() => setLink(null)}>{t("common.all")}</Button>}>
              <Rows rows={[...shown].sort((a, b) => b.amount - a.amount)} rowKey={(_, i) => String(i)} columns={[
                { title: t("ecosystem.from"), of: (f) => (lang === "zh" ? f.debit_name_zh : f.debit_name) }, { title: t("ecosystem.to"), of: (f) => (lang === "zh" ? f.credit_name_zh : f.credit_name) }, { title: t("ecosystem.why"), of: (f) => (lang === "zh" ? f.reason_zh : f.reason) },
                { title: t("ecosystem.postings"), of: (f) => count(f.transfers, locale), right: true }, { title: t("ecosystem.amount"), of: (f) => <b className="t-money">{money(f.amount, f.currency)}</b>, right: true },
                { title: "", heard: t("ecosystem.open"), of: (f) => <Button size="small" onClick={() => open(f)}>{t("ecosystem.open")}</Button>, right: true }]} />
            </Sheet>
          )}
        </>
      )}
      <Postings opened={opened} from={from} to={to} close={() => setOpened(null)} />
    </>
  );
}
