// Postings.tsx - the postings behind a flow, page by page from the journal. A rare flow may take several looks: the server
// reads so much and hands a cursor back.
import { Failure, Loading, day, useList, useWords } from "@tael/shared";
import { Button, Drawer } from "antd";
import { Link } from "react-router";
import { useMoney } from "../../ui/market";
import { Id } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

export type Opened = { title: string; debit_code: number; credit_code: number; why: number };

export function Postings(props: { opened: Opened | null; from: string; to: string; close: () => void }) {
  const { t, lang, locale } = useWords();
  const money = useMoney();
  const { opened } = props;
  const query = opened ? { from: props.from, to: props.to, debit_code: opened.debit_code, credit_code: opened.credit_code, why: opened.why } : {};
  const list = useList("/v1/postings", { query, limit: 50, enabled: opened !== null });
  const side = (code: number, account: string) => <span><Link to={`/accounts/${account}`} className="c-open">{code}</Link> <Id of={account} /></span>;
  return (
    <Drawer open={opened !== null} onClose={props.close} size="large" title={<>{t("ecosystem.postingsOf")}<br /><small className="c-soft" style={{ fontWeight: 400 }}>{opened?.title}</small></>} styles={{ body: { padding: 0 } }}>
      {list.isPending ? <Loading /> : list.error ? <Failure error={list.error} retry={() => void list.refetch()} /> : (
        <>
          {list.items.length === 0 && list.hasMore ? <p className="c-soft" style={{ padding: 20 }}>{t("ecosystem.looking")}</p> : (
            <Rows rows={list.items} rowKey={(p) => p.transfer} columns={[
              { title: t("ecosystem.on"), of: (p) => <time dateTime={p.business_date}>{day(p.business_date, locale)}</time> }, { title: t("ecosystem.why"), of: (p) => (lang === "zh" ? p.reason_zh : p.reason) },
              { title: t("ecosystem.debit"), of: (p) => side(p.debit_code, p.debit_account) }, { title: t("ecosystem.credit"), of: (p) => side(p.credit_code, p.credit_account) },
              { title: t("ecosystem.amount"), of: (p) => <b className="t-money">{money(p.amount, p.currency)}</b>, right: true }]} />
          )}
          <div className="c-table-foot"><span>{t("table.shown", { n: list.items.length })}</span>{list.hasMore ? <Button loading={list.isFetching} onClick={() => void list.more()}>{list.items.length === 0 ? t("ecosystem.more") : t("common.more")}</Button> : <span>{t("common.end")}</span>}</div>
        </>
      )}
    </Drawer>
  );
}
