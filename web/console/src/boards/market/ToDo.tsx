// ToDo.tsx - what waits for somebody: proposals to decide and breaks to resolve.
import { Empty, Failure, Loading, useList, useWords } from "@tael/shared";
import { Link } from "react-router";
import { useAgo, useMoney } from "../../ui/market";
import { Sheet, State } from "../../ui/Page";

export default function ToDo() {
  const { t } = useWords();
  const money = useMoney(), ago = useAgo();
  const proposals = useList("/v1/approvals", { query: { state: "open" }, limit: 5 });
  const breaks = useList("/v1/breaks", { query: { state: "open" }, limit: 5 });
  const error = proposals.error ?? breaks.error;
  if (error) return <Sheet title={t("market.todo")}><Failure error={error} /></Sheet>;
  if (proposals.isPending || breaks.isPending) return <Sheet title={t("market.todo")}><Loading /></Sheet>;
  const is_empty = proposals.items.length + breaks.items.length === 0;
  return (
    <Sheet title={t("market.todo")}>
      {is_empty ? <Empty title={t("market.allDone")} text={t("market.allDoneText")} /> : (
        <ul className="c-list">
          {proposals.items.map((p) => (
            <li key={p.approval}><span><Link to="/approvals">{t(`money/action/${p.action}`, { defaultValue: p.action, keySeparator: "/" })}</Link><small>{ago(p.proposed_at)}</small></span><State of="open" /></li>
          ))}
          {breaks.items.map((b) => (
            <li key={b.break}><span><Link to={`/breaks?state=open`}>{t(`money.kind_${b.kind}`, { defaultValue: b.kind.replaceAll("_", " ") })}</Link><small>{ago(b.found_at)}</small></span><b className="t-money">{money(b.amount, b.currency, true)}</b></li>
          ))}
        </ul>
      )}
    </Sheet>
  );
}
