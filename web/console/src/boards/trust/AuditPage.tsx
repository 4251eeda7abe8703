// AuditPage.tsx - who did what, by name, person, thing and day.
import { useWords } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/Page";

const detailOf = (detail: unknown) => Object.entries((detail ?? {}) as Record<string, unknown>).map(([n, v]) => `${n}: ${typeof v === "object" ? JSON.stringify(v) : String(v)}`).join(" · ");

export default function AuditPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("trust.audit")} lead={t("trust.auditLead")} />
      <DataTable
        name="audit" path="/v1/audit" rowKey={(a) => a.command}
        filters={[{ key: "name", label: t("trust.what"), kind: "text", hint: t("trust.whatHint") }, { key: "subject", label: t("trust.subject"), kind: "text", hint: t("trust.subjectHint") }, { key: "actor", label: t("trust.actor"), kind: "text", hint: t("trust.actorHint") }, { key: "from", label: t("table.from"), kind: "day" }, { key: "to", label: t("table.to"), kind: "day" }]}
        columns={[
          { key: "at", title: t("trust.at"), kind: "time", value: (a) => a.at }, { key: "name", title: t("trust.what"), value: (a) => a.name, render: (a) => <b className="c-mono">{a.name}</b> },
          { key: "kind", title: t("trust.actor"), value: (a) => a.actor_kind, render: (a) => t(`st.${a.actor_kind}`) }, { key: "actor", title: t("trust.by"), kind: "id", value: (a) => a.actor, wide: true },
          { key: "subject", title: t("trust.subject"), kind: "id", value: (a) => a.subject }, { key: "detail", title: t("trust.detail"), value: (a) => JSON.stringify(a.detail), render: (a) => <span className="c-clip" title={detailOf(a.detail)}>{detailOf(a.detail)}</span>, wide: true }]}
      />
    </>
  );
}
