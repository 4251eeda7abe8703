// Rows.tsx - a short table of things already at hand, in the look of DataTable; cards on a narrow screen.
import { useWords } from "@tael/shared";
import type { ReactNode } from "react";

export function Rows<R>(props: { rows: R[]; rowKey: (row: R, i: number) => string; columns: { title: string; of: (row: R) => ReactNode; right?: boolean; wide?: boolean; heard?: string }[]; foot?: ReactNode; label?: string }) {
  const { t } = useWords();
  if (props.rows.length === 0) return <p className="c-soft" style={{ padding: "12px 20px", margin: 0 }}>{t("common.none")}</p>;
  const look = (c: { right?: boolean; wide?: boolean }) => `${c.right ? "right" : ""} ${c.wide ? "wide" : ""}`;
  return (
    <div className="c-table-wrap" role="region" tabIndex={0} aria-label={props.label ?? props.columns.map((c) => c.title).join(", ")}>
      <table className="c-table fold">
        <thead><tr>{props.columns.map((c) => <th key={c.title} scope="col" className={look(c)}>{c.title || <span className="t-only-heard">{c.heard}</span>}</th>)}</tr></thead>
        <tbody>{props.rows.map((row, i) => <tr key={props.rowKey(row, i)}>{props.columns.map((c) => <td key={c.title} data-title={c.title} className={look(c)}>{c.of(row)}</td>)}</tr>)}</tbody>
        {props.foot && <tfoot>{props.foot}</tfoot>}
      </table>
    </div>
  );
}
