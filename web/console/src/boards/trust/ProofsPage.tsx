// ProofsPage.tsx - proofs run on the spot: each step with its state while it runs, then what it looked at.
import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, LoadingOutlined } from "@ant-design/icons";
import { api, count, dateTime, Empty, Failure, Loading, useList, useWords, type ItemOf } from "@tael/shared";
import { useMarket, useMoney } from "../../ui/market";
import { ActionButton } from "../../ui/form";
import { Id, PageHead, Sheet, State } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

type Proof = ItemOf<"/v1/proofs">;

const marks = {
  waiting: <ClockCircleOutlined className="c-faint" />, running: <LoadingOutlined spin />, proved: <CheckCircleFilled style={{ color: "var(--t-good)" }} />,
  disproved: <CloseCircleFilled style={{ color: "var(--t-bad)" }} />, failed: <CloseCircleFilled style={{ color: "var(--t-wait)" }} />,
};

function Steps(props: { proof: Proof }) {
  const { t, locale } = useWords();
  const money = useMoney();
  const { currency } = useMarket();
  const figure = (name: string, value: number) => `${name === "held" || name === "owed" ? money(value, currency) : count(value, locale)} ${t(`trust.figures.${name}`, { defaultValue: name })}`;
  const seconds = (from: string, to: string) => ((Date.parse(to) - Date.parse(from)) / 1000).toLocaleString(locale, { maximumFractionDigits: 1 });
  return (
    <ul className="c-list c-proof" aria-live="polite">
      {props.proof.steps.map((s) => (
        <li key={s.step}>
          <span className="c-proof-mark">{marks[s.state]}</span>
          <span style={{ flex: 1 }}>
            <b>{t(`trust.${s.step === "safeguarding" ? "safeguarding_" : s.step}`)}</b>
            <small>{s.violation || Object.entries((s.figures ?? {}) as Record<string, number>).map(([n, v]) => figure(n, v)).join(" · ")}{s.began_at && s.ended_at ? ` ${Object.keys(s.figures ?? {}).length > 0 ? "· " : ""}${t("trust.took", { s: seconds(s.began_at, s.ended_at) })}` : ""}</small>
          </span>
          <State of={s.state} />
        </li>
      ))}
    </ul>
  );
}

export default function ProofsPage() {
  const { t, locale } = useWords();
  const list = useList("/v1/proofs", { limit: 20, refetchInterval: 1500 });
  const last = list.items[0];
  const is_open = last?.state === "waiting" || last?.state === "running";
  return (
    <>
      <PageHead title={t("trust.proofs")} lead={t("trust.proofsLead")}>
        <ActionButton primary disabled={is_open} run={(key) => api.post("/v1/proofs", { key })} done={t("trust.running")} test="prove">{t("trust.run")}</ActionButton>
      </PageHead>
      {list.isPending ? <Loading /> : list.error && !last ? <Failure error={list.error} /> : !last ? <Sheet><Empty title={t("trust.noProofs")} text={t("trust.noProofsText")} /></Sheet> : (
        <>
          <Sheet title={dateTime(last.asked_at, locale)} aside={<span data-test="proof-state" data-proof={last.proof}><State of={last.state} /></span>}><Steps proof={last} /></Sheet>
          <Sheet flush title={t("trust.past")}>
            <Rows rows={list.items} rowKey={(p) => p.proof} columns={[{ title: t("trust.asked"), of: (p) => dateTime(p.asked_at, locale) }, { title: t("trust.by"), of: (p) => <Id of={p.asked_by} /> }, { title: t("trust.state"), of: (p) => <State of={p.state} /> }]} />
          </Sheet>
        </>
      )}
    </>
  );
}
