// TrialPage.tsx - the trial balance: money account by account with its totals; goods and points by kind, never added to money.
import { api, count, Failure, Loading, useWords, type ItemOf } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { useMarket, useMoney } from "../../ui/market";
import { Figure, Figures, PageHead, Sheet } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

type Line = ItemOf<"/v1/trial-balance">;
const first_custom_asset = 1000;

async function allLines() {
  const lines: Line[] = [];
  let after = "";
  do {
    const page = await api.get("/v1/trial-balance", { query: { limit: 200, after } });
    lines.push(...page.items);
    after = page.next ?? "";
  } while (after);
  return lines;
}

export default function TrialPage() {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const { currency } = useMarket();
  const { data, error, refetch } = useQuery({ queryKey: ["trial"], queryFn: allLines });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <><PageHead title={t("trust.trial")} lead={t("trust.trialLead")} /><Loading lines={8} /></>;
  const cash = data.filter((l) => l.asset < first_custom_asset), sum = (of: (l: Line) => number) => cash.reduce((s, l) => s + of(l), 0);
  const debits = sum((l) => l.debits), credits = sum((l) => l.credits);
  const kinds = new Map<number, { line: Line; kinds: number; debits: number; credits: number }>();
  const nets = new Map<number, number>();
  for (const l of data) nets.set(l.asset, (nets.get(l.asset) ?? 0) + l.debits - l.credits);
  for (const l of data.filter((x) => x.asset >= first_custom_asset)) {
    const at = kinds.get(l.code) ?? { line: l, kinds: 0, debits: 0, credits: 0 };
    kinds.set(l.code, { line: l, kinds: at.kinds + 1, debits: at.debits + l.debits, credits: at.credits + l.credits });
  }
  const is_balanced = [...nets.values()].every((n) => n === 0);
  const name = (l: Line) => (lang === "zh" ? l.name_zh : l.name), m = (v: number) => <span className="t-money">{money(v, currency)}</span>;
  return (
    <>
      <PageHead title={t("trust.trial")} lead={t("trust.trialLead")} />
      <Figures>
        <Figure name={t("trust.debits")} value={money(debits, currency)} />
        <Figure name={t("trust.credits")} value={money(credits, currency)} />
        <Figure name={t("trust.equal")} value={t(is_balanced ? "trust.balanced" : "trust.unbalanced")} tone={is_balanced ? "good" : "bad"} note={`${count(nets.size, locale)} ${t("trust.figures.assets")}`} />
      </Figures>
      <Sheet flush title={t("trust.money")}>
        <Rows rows={cash} rowKey={(l) => `${l.entity}${l.code}${l.asset}`} columns={[
          { title: t("trust.code"), of: (l) => <span className="c-mono">{l.code}</span> }, { title: t("trust.name"), of: name }, { title: t("trust.accounts"), of: (l) => count(l.accounts, locale), right: true, wide: true },
          { title: t("trust.debits"), of: (l) => m(l.debits), right: true }, { title: t("trust.credits"), of: (l) => m(l.credits), right: true }, { title: t("trust.debitBalance"), of: (l) => (l.debits > l.credits ? <b>{m(l.debits - l.credits)}</b> : null), right: true }, { title: t("trust.creditBalance"), of: (l) => (l.credits > l.debits ? <b>{m(l.credits - l.debits)}</b> : null), right: true }]}
          foot={<tr><td /><td data-title="">{t("trust.total")}</td><td className="wide" /><td className="right" data-title={t("trust.debits")}>{m(debits)}</td><td className="right" data-title={t("trust.credits")}>{m(credits)}</td><td className="right" data-title={t("trust.debitBalance")}>{m(sum((l) => Math.max(0, l.debits - l.credits)))}</td><td className="right" data-title={t("trust.creditBalance")}>{m(sum((l) => Math.max(0, l.credits - l.debits)))}</td></tr>} />
      </Sheet>
      <Sheet flush title={t("trust.units")}>
        <Rows rows={[...kinds.values()]} rowKey={(k) => String(k.line.code)} columns={[
          { title: t("trust.code"), of: (k) => <span className="c-mono">{k.line.code}</span> }, { title: t("trust.name"), of: (k) => name(k.line) }, { title: t("trust.kinds"), of: (k) => count(k.kinds, locale), right: true, wide: true },
          { title: t("trust.debits"), of: (k) => count(k.debits, locale), right: true }, { title: t("trust.credits"), of: (k) => count(k.credits, locale), right: true }]} />
      </Sheet>
    </>
  );
}
