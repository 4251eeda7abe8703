// DataTable.tsx - a list of the API as a table: filters in the address, saved views, cursor paging, CSV of everything that
// matches. On a narrow screen each row is a card. A row is opened by its first cell's link, so that the keyboard and a
// screen reader meet one thing per row.
import { DownloadOutlined, ReloadOutlined, TableOutlined } from "@ant-design/icons";
import { count, type CsvColumn, dateTime, day, download, Empty, exportCsv, Failure, type ItemOf, type ListPath, Loading, plainMoney, useList, useWords } from "@tael/shared";
import { App, Button, Dropdown, Tooltip } from "antd";
import { useRef, useState, type ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { FilterBar, type Filter } from "./FilterBar";
import { useMarket, useMoney } from "./market";
import { Id, State } from "./Page";

export type Column<R> = {
  key: string;
  title: string;
  kind?: "text" | "id" | "money" | "count" | "time" | "day" | "state";
  value: (row: R) => string | number | null | undefined; // what CSV holds; a kind's own text is made from it
  currency?: (row: R) => string;
  render?: (row: R) => ReactNode;
  to?: (row: R) => string; // opens the row
  signed?: boolean;
  wide?: boolean; // hidden on middle screens
};

type Props<P extends ListPath> = {
  name: string; // of the list: views are saved under it
  path: P;
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  columns: Column<ItemOf<P>>[];
  filters?: Filter[];
  rowKey: (row: ItemOf<P>) => string;
  actions?: (row: ItemOf<P>) => ReactNode;
  empty?: { title: string; text?: string; action?: ReactNode };
  refetchInterval?: number;
  tools?: ReactNode;
};

function Cell<R>(props: { column: Column<R>; row: R }) {
  const { locale } = useWords();
  const money = useMoney();
  const { column, row } = props;
  const value = column.value(row);
  const to = column.to?.(row);
  if (column.render) return <>{column.render(row)}</>;
  if (value === null || value === undefined || value === "") return <span className="c-faint">–</span>;
  let text: ReactNode = String(value);
  if (column.kind === "id") return <Id of={String(value)} {...(to ? { to } : {})} />;
  if (column.kind === "money") text = <span className="t-money">{money(Number(value), column.currency?.(row), column.signed)}</span>;
  if (column.kind === "count") text = <span className="t-money">{count(Number(value), locale)}</span>;
  if (column.kind === "time") text = <time dateTime={String(value)}>{dateTime(String(value), locale)}</time>;
  if (column.kind === "day") text = <time dateTime={String(value)}>{day(String(value), locale)}</time>;
  if (column.kind === "state") return <State of={String(value)} />;
  return to ? <Link className="c-open" to={to}>{text}</Link> : <>{text}</>;
}

const isBlank = (v: unknown) => v === null || v === undefined || v === "";

// Amounts in plain digits with their unit beside them.
function csvColumns<R>(columns: Column<R>[], market_currency: string): CsvColumn[] {
  return columns.flatMap((c) => {
    if (c.kind !== "money") return [{ title: c.title, value: c.value as CsvColumn["value"] }];
    const unit = (row: R) => c.currency?.(row) || market_currency;
    const amount = (row: R) => {
      const value = c.value(row);
      return value === null || value === undefined ? "" : plainMoney(Number(value), unit(row));
    };
    return [
      { title: c.title, value: amount as CsvColumn["value"], plain: true },
      { title: `${c.title} (ISO 4217)`, value: unit as CsvColumn["value"] },
    ];
  });
}

// Which columns this person has put away, by list; the first one, which opens the row, stays.
function useColumns<R>(name: string, columns: Column<R>[]) {
  const place = `tael.columns.${name}`;
  const [away, setAway] = useState(() => new Set((localStorage.getItem(place) ?? "").split(",").filter(Boolean)));
  const toggle = (key: string) => {
    const next = new Set(away);
    if (!next.delete(key)) next.add(key);
    localStorage.setItem(place, [...next].join());
    setAway(next);
  };
  return { shown: columns.filter((c, i) => i === 0 || !away.has(c.key)), away, toggle };
}

function ColumnChoice<R>(props: { columns: Column<R>[]; away: Set<string>; toggle: (key: string) => void }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const items = props.columns.slice(1).map((c) => ({ key: c.key, label: <span className="c-check" role="checkbox" aria-checked={!props.away.has(c.key)}>{c.title}</span> }));
  return (
    <Dropdown trigger={["click"]} open={open} onOpenChange={(next, by) => setOpen(by.source === "trigger" && next)} menu={{ items, onClick: ({ key }) => { props.toggle(key); setOpen(true); } }}>
      <Button icon={<TableOutlined />} aria-label={t("table.columns")} title={t("table.columns")} data-test="columns" />
    </Dropdown>
  );
}

export function DataTable<P extends ListPath>(props: Props<P>) {
  const { t, locale } = useWords();
  const { message } = App.useApp();
  const { currency } = useMarket();
  const [params] = useSearchParams();
  const exporting = useRef<AbortController | null>(null);
  const chosen = Object.fromEntries((props.filters ?? []).map((f) => [f.key, params.get(f.key) || undefined]).filter(([, v]) => v)) as Record<string, string>;
  const query = { ...props.query, ...chosen };
  const list = useList(props.path, { path: props.params ?? {}, query, limit: 50, ...(props.refetchInterval ? { refetchInterval: props.refetchInterval } : {}) });
  const { shown, away, toggle } = useColumns(props.name, props.columns);
  const rows = list.items;
  const right = (c: Column<ItemOf<P>>) => c.kind === "money" || c.kind === "count";

  async function save() {
    const key = `csv-${props.name}`, stop = (exporting.current = new AbortController());
    const tell = (n: number) =>
      message.open({ key, type: "loading", duration: 0, content: <span>{t("table.csvTitle")} · {t("table.csvRows", { n: count(n, locale) })} <Button size="small" type="link" onClick={() => stop.abort()}>{t("table.csvStop")}</Button></span> });
    void tell(0);
    try {
      let rows_done = 0;
      const blob = await exportCsv(props.path, { path: props.params, query }, csvColumns(shown, currency), (n) => { rows_done = n; void tell(n); }, stop.signal);
      download(blob, `${props.name}.csv`);
      void message.open({ key, type: "success", content: t("table.csvDone", { n: count(rows_done, locale) }) });
    } catch (e) {
      if (stop.signal.aborted) message.destroy(key);
      else void message.open({ key, type: "error", content: e instanceof Error ? e.message : String(e) });
    }
  }

  const is_filtered = Object.keys(chosen).length > 0;
  const tools = (
    <>
      {props.tools}
      <Tooltip title={t("table.refresh")}><Button icon={<ReloadOutlined spin={list.isFetching} />} onClick={() => void list.refetch()} aria-label={t("table.refresh")} /></Tooltip>
      <ColumnChoice columns={props.columns} away={away} toggle={toggle} />
      <Button icon={<DownloadOutlined />} onClick={() => void save()} data-test="csv" aria-label={t("table.csv")}><span className="c-wide">{t("table.csv")}</span></Button>
    </>
  );
  return (
    <section className="c-sheet flush">
      <FilterBar name={props.name} filters={props.filters ?? []}>{tools}</FilterBar>
      {list.isPending ? <Loading lines={6} />
        : list.error && rows.length === 0 ? <Failure error={list.error} retry={() => void list.refetch()} />
        : rows.length === 0 ? (
          <Empty title={is_filtered ? t("table.none") : props.empty?.title} text={is_filtered ? t("table.noneText") : props.empty?.text}>{!is_filtered && props.empty?.action}</Empty>
        ) : (
          <>
            <div className="c-table-wrap" role="region" tabIndex={0} aria-label={props.name}>
              <table className="c-table">
                <thead><tr>
                  {shown.map((c) => <th key={c.key} scope="col" className={`${right(c) ? "right" : ""} ${c.wide ? "wide" : ""}`}>{c.title}</th>)}
                  {props.actions && <th scope="col"><span className="t-only-heard">{t("table.open")}</span></th>}
                </tr></thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={props.rowKey(row)}>
                      {shown.map((c) => (
                        <td key={c.key} data-title={c.title} className={`${right(c) ? "right" : ""} ${c.wide ? "wide" : ""} ${isBlank(c.value(row)) ? "blank" : ""}`}><Cell column={c} row={row} /></td>
                      ))}
                      {props.actions && <td className="actions">{props.actions(row)}</td>}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <footer className="c-table-foot">
              <span>{t("table.shown", { n: count(rows.length, locale) })}</span>
              {list.hasMore ? <Button onClick={() => void list.more()} loading={list.isFetching}>{t("common.more")}</Button> : <span>{t("common.end")}</span>}
            </footer>
          </>
        )}
    </section>
  );
}
