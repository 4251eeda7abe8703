// Page.tsx - the parts every page is made of: a head with title and actions, sheets, figures, pairs of name and value.
import { Chip, useWords } from "@tael/shared";
import { CopyOutlined } from "@ant-design/icons";
import { App, Tooltip } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";

export function PageHead(props: { title: ReactNode; lead?: ReactNode; back?: { to: string; title: string }; children?: ReactNode }) {
  return (
    <header className="c-page-head">
      <div>
        {props.back && <Link className="c-back" to={props.back.to}>← {props.back.title}</Link>}
        <h1>{props.title}</h1>
        {props.lead && <p className="c-lead">{props.lead}</p>}
      </div>
      {props.children && <div className="c-row">{props.children}</div>}
    </header>
  );
}

export function Sheet(props: { title?: ReactNode; aside?: ReactNode; children: ReactNode; flush?: boolean; className?: string; label?: string }) {
  return (
    <section className={`c-sheet ${props.flush ? "flush" : ""} ${props.className ?? ""}`} aria-label={props.label}>
      {(props.title || props.aside) && (
        <div className="c-sheet-head">
          <h2>{props.title}</h2>
          {props.aside && <div className="c-row">{props.aside}</div>}
        </div>
      )}
      {props.children}
    </section>
  );
}

export function Figures(props: { children: ReactNode }) {
  return <dl className="c-figures">{props.children}</dl>;
}

export function Figure(props: { name: ReactNode; value: ReactNode; note?: ReactNode; tone?: "good" | "bad" | "wait"; to?: string }) {
  const value = <dd className={props.tone ?? ""}>{props.value}</dd>;
  return (
    <div className="c-figure">
      <dt>{props.to ? <Link to={props.to}>{props.name}</Link> : props.name}</dt>
      {value}
      {props.note && <dd className="c-note">{props.note}</dd>}
    </div>
  );
}

export function Pairs(props: { of: [name: ReactNode, value: ReactNode][] }) {
  return (
    <dl className="c-pairs">
      {props.of.filter(([, v]) => v !== undefined && v !== null && v !== "" && v !== false).map(([name, value], i) => (
        <div key={i}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// Of states that Chip does not know: those of the console alone.
const tones: Record<string, "good" | "wait" | "bad" | "calm"> = {
  shop_open: "good", shop_waiting: "wait", shop_closed: "calm", proved: "good", disproved: "bad", running: "wait", settled: "good", resolved: "good", complete: "good", on: "good", off: "calm",
  free: "good", used: "calm", sent: "wait", won: "good", ran_out: "bad", revoked: "calm", disabled: "calm", gone: "bad", erased: "calm", expired: "calm", posted: "good", hold: "wait", hold_posted: "good", hold_voided: "calm", hold_expired: "calm", reversal: "calm", held: "wait", voided: "calm",
};

// A state as a chip in the reader's language.
export function State(props: { of: string }) {
  const { t } = useWords();
  const words = t(`st.${props.of}`, { defaultValue: props.of.replaceAll("_", " ") });
  const tone = tones[props.of];
  return tone ? <span className={`t-chip ${tone}`}>{words}</span> : <Chip state={props.of}>{words}</Chip>;
}

// An id: short to look at, whole to copy.
export function Id(props: { of: string | null | undefined; to?: string }) {
  const { t } = useWords();
  const { message } = App.useApp();
  const { of: id } = props;
  if (!id) return <span className="c-faint">–</span>;
  const short = id.length > 12 ? `${id.slice(0, 4)}…${id.slice(-5)}` : id;
  const copy = () => void navigator.clipboard?.writeText(id).then(() => message.success(t("common.copied")));
  return (
    <span className="c-id" title={id}>
      {props.to ? <Link to={props.to}>{short}</Link> : <span>{short}</span>}
      <Tooltip title={t("table.copyId")}>
        <button type="button" onClick={copy} aria-label={`${t("table.copyId")} ${id}`}><CopyOutlined /></button>
      </Tooltip>
    </span>
  );
}
