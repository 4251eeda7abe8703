// StoryPage.tsx - one order from the cart to the bank on one screen: what happened, what was paid with what, what channels
// said, and every posting it made.
import { api, dateTime, day, Empty, Failure, inTongue, Loading, useWords, type Schema } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Switch } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useMoney } from "../../ui/market";
import { Id, PageHead, Pairs, Sheet, State } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

type Story = Schema<"OrderStory">;
const first_custom_asset = 1000; // below: currencies by their ISO number

function Steps(props: { steps: Story["steps"]; shops: Map<string, string> }) {
  const { t, locale } = useWords();
  const name = (what: string) => t(`orders/step/${what}`, { keySeparator: "/", defaultValue: what });
  const tone = (what: string) => (/cancel|refus|reject|fail/.test(what) ? "bad" : /refund|return/.test(what) ? "calm" : "");
  return (
    <ol className="c-story">
      {props.steps.map((s, i) => (
        <li key={i} className={tone(s.what)}>
          <b>{name(s.what)}</b>
          <small><time dateTime={s.at}>{dateTime(s.at, locale)}</time>{s.child && props.shops.size > 1 && <> · <span dir="auto">{props.shops.get(s.child)}</span></>}</small>
        </li>
      ))}
    </ol>
  );
}

function Journal(props: { lines: Story["journal"]; currency: string }) {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const [all, setAll] = useState(false);
  const chart = useQuery({ queryKey: ["chart"], queryFn: () => api.get("/v1/chart", { query: { limit: 200 } }), staleTime: Infinity });
  const accounts = useQuery({ queryKey: ["journal-accounts", props.lines.map((l) => l.transfer).join()], queryFn: () => namesOf(props.lines), staleTime: Infinity });
  const name = (account: string) => {
    const code = accounts.data?.get(account);
    const row = chart.data?.items.find((r) => r.code === code);
    return row ? `${row.code} ${lang === "zh" ? row.name_zh : row.name}` : "";
  };
  const lines = props.lines.filter((l) => all || l.asset < first_custom_asset);
  const side = (account: string) => <span><Link to={`/accounts/${account}`}>{name(account) || <Id of={account} />}</Link></span>;
  return (
    <Sheet flush title={t("orders.journal")} aside={<label className="c-row c-soft"><Switch size="small" checked={all} onChange={setAll} aria-label={t("orders.goodsMoves")} />{t("orders.goodsMoves")}</label>}>
      <p className="c-lead" style={{ padding: "0 20px 8px" }}>{t("orders.journalLead")}</p>
      {lines.length === 0 ? <Empty title={t("orders.noJournal")} text="" /> : (
        <Rows rows={lines} rowKey={(l) => l.transfer} columns={[
          { title: t("orders.recorded"), of: (l) => <time dateTime={l.at}>{dateTime(l.at, locale)}</time>, wide: true }, { title: t("orders.businessDate"), of: (l) => day(l.business_date, locale) }, { title: t("orders.why"), of: (l) => (lang === "zh" ? l.why_zh : l.why) },
          { title: t("orders.debit"), of: (l) => side(l.debit_account) }, { title: t("orders.credit"), of: (l) => side(l.credit_account) }, { title: t("orders.posting"), of: (l) => <State of={l.state.replace(" ", "_")} /> },
          { title: t("orders.amount"), of: (l) => <b className="t-money">{l.asset < first_custom_asset ? money(l.amount, props.currency) : t("orders.units", { n: l.amount })}</b>, right: true }]} />
      )}
    </Sheet>
  );
}

// The chart code of each account a journal names.
async function namesOf(lines: Story["journal"]): Promise<Map<string, number>> {
  const ids = [...new Set(lines.flatMap((l) => [l.debit_account, l.credit_account]))];
  const found = await Promise.all(ids.map((acc) => api.get("/v1/accounts/{acc}", { path: { acc } }).catch(() => null)));
  return new Map(ids.map((id, i) => [id, found[i]?.code ?? 0]));
}

function Paid(props: { payment: Story["payments"][number]; currency: string }) {
  const { t, locale } = useWords();
  const money = useMoney();
  const { payment: p, currency } = props;
  const m = (v: number) => <span className="t-money">{money(v, currency)}</span>;
  return (
    <>
      <Sheet title={t("orders.tenders")} aside={<><State of={p.state} /><Link to={`/payments/${p.payment}`}>{t("table.open")}</Link></>}>
        <ul className="c-list">
          {p.tenders.map((x, i) => <li key={i}><span>{t(`st.${x.kind}`)}<small>{x.refunded > 0 && <>{t("orders.refunded")} {m(x.refunded)}</>}</small></span><b>{m(x.amount)}</b></li>)}
        </ul>
      </Sheet>
      <Sheet title={t("orders.attempts")}>
        {p.attempts.length === 0 ? <p className="c-soft" style={{ margin: 0 }}>{t("orders.noAttempts")}. {t("orders.noAttemptsText")}</p> : (
          <ul className="c-list">
            {p.attempts.map((a) => (
              <li key={a.attempt}><span>{t(`st.${a.kind}`, { defaultValue: a.kind })} · {a.channel}<small className="c-mono">{a.channel_ref || "–"} {a.reason}</small><small>{dateTime(a.updated_at, locale)}</small></span><span className="c-row"><State of={a.state} /><b>{m(a.amount)}</b></span></li>
            ))}
          </ul>
        )}
      </Sheet>
      {p.refunds.length > 0 && (
        <Sheet title={t("orders.refunds")}>
          <ul className="c-list">{p.refunds.map((r) => <li key={r.refund}><span>{r.reason || t("st.refund")}<small>{dateTime(r.at, locale)}</small></span><span className="c-row"><State of={r.state} /><b>{m(r.amount)}</b></span></li>)}</ul>
        </Sheet>
      )}
    </>
  );
}

export default function StoryPage() {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const ord = useParams().order!;
  const { data, error, refetch } = useQuery({ queryKey: ["story", ord], queryFn: () => api.get("/v1/orders/{ord}/story", { path: { ord } }) });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading tall={2} />;
  const o = data.order;
  const m = (v: number) => <span className="t-money">{money(v, o.currency)}</span>;
  return (
    <>
      <PageHead back={{ to: "/orders", title: t("orders.title") }} title={<>{t("orders.order")} <span className="c-mono" style={{ fontSize: 18 }}>{o.order}</span></>} lead={t("orders.story")}><State of={o.state} /></PageHead>
      <Sheet className="c-gap">
        <Pairs of={[[t("orders.total"), <b key="t">{m(o.total)}</b>], [t("orders.refunded"), m(o.refunded)], [t("orders.freight"), m(o.freight)], [t("orders.placed"), dateTime(o.placed_at, locale)], [t("orders.paid"), dateTime(o.paid_at, locale)], [t("orders.buyer"), <Id key="b" of={o.buyer} to={`/users?user=${o.buyer}`} />], [t("orders.external"), o.external]]} />
      </Sheet>
      <div className="c-two">
        <div>
          {o.children.map((c) => (
            <Sheet key={c.child} flush title={c.shop_name || t("orders.shop")} aside={<State of={c.state} />}>
              <div style={{ padding: "0 20px 14px" }}><Pairs of={[[t("orders.commission"), m(c.commission)], [t("orders.freight"), m(c.freight)], [t("orders.refunded"), c.refunded > 0 && m(c.refunded)], [t("orders.settles"), day(c.settles_on, locale)]]} /></div>
              <Rows rows={c.lines} rowKey={(l) => l.line} columns={[{ title: t("orders.item"), of: (l) => <span dir="auto">{inTongue(l.title, lang)}</span> }, { title: t("orders.quantity"), of: (l) => l.quantity, right: true }, { title: t("orders.price"), of: (l) => m(l.price), right: true }, { title: t("orders.returned"), of: (l) => l.returned_quantity || null, right: true }]} />
            </Sheet>
          ))}
          {data.payments.map((p) => <Paid key={p.payment} payment={p} currency={o.currency} />)}
        </div>
        <Sheet title={t("orders.steps")}><Steps steps={data.steps} shops={new Map(o.children.map((c) => [c.child, c.shop_name || c.child]))} /></Sheet>
      </div>
      <div className="c-stack" style={{ marginTop: 16 }}><Journal lines={data.journal} currency={o.currency} /></div>
    </>
  );
}
