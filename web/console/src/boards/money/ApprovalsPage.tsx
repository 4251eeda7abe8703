// ApprovalsPage.tsx - proposals and their decisions. Who proposed may withdraw; only another person may approve.
import { api, dateTime, useSession, useWords, type ItemOf } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { ActionButton } from "../../ui/form";
import { useAgo, useMarket, useMoney } from "../../ui/market";
import { Id, PageHead } from "../../ui/Page";
import { TenantName } from "../../ui/people";

type Approval = ItemOf<"/v1/approvals">;

function Parameters(props: { of: Approval }) {
  const { t } = useWords();
  const money = useMoney();
  const { currency } = useMarket();
  const p = props.of.parameters as unknown as Record<string, unknown>;
  const show = (name: string, value: unknown) => {
    if (name === "seller") return <TenantName of={String(value)} />;
    if (/^[a-z]{3}_[0-9a-z]{13}$/.test(String(value))) return <Id of={String(value)} />;
    if (typeof value === "number" && /budget|amount|per_order_max/.test(name)) return money(value, String(p.currency ?? currency));
    return name === "how" ? t(`money.${String(value)}`, { defaultValue: String(value) }) : String(value);
  };
  return <span className="c-soft">{Object.entries(p ?? {}).filter(([n, v]) => v !== null && n !== "currency").map(([n, v], i) => <span key={n}>{i > 0 && " · "}{t(`money.param_${n}`, { defaultValue: n.replaceAll("_", " ") })}: <b>{show(n, v)}</b></span>)}</span>;
}

export default function ApprovalsPage() {
  const { t, locale } = useWords();
  const { me, has } = useSession();
  const ago = useAgo();
  const states = ["open", "approved", "rejected", "expired"];
  const decide = (apr: string, what: "approve" | "reject", key: string) => api.post(`/v1/approvals/{apr}/${what}` as "/v1/approvals/{apr}/approve", { path: { apr }, body: { reason: "" }, key } as never);
  return (
    <>
      <PageHead title={t("money.approvals")} lead={t("money.approvalsLead")} />
      <DataTable
        name="approvals" path="/v1/approvals" rowKey={(a) => a.approval} refetchInterval={15_000}
        filters={[{ key: "state", label: t("money.state"), kind: "choice", options: states.map((value) => ({ value, label: t(`st.${value}`) })) }]}
        empty={{ title: t("money.noProposals"), text: t("money.noProposalsText") }}
        columns={[
          { key: "action", title: t("money.action_"), value: (a) => a.action, render: (a) => <span><b>{t(`money/action/${a.action}`, { keySeparator: "/", defaultValue: a.action })}</b><br /><Parameters of={a} /></span> },
          { key: "state", title: t("money.state"), kind: "state", value: (a) => a.state },
          { key: "proposer", title: t("money.proposer"), kind: "id", value: (a) => a.proposer, to: (a) => `/users?user=${a.proposer}`, wide: true },
          { key: "proposed", title: t("money.proposed"), value: (a) => a.proposed_at, render: (a) => <time dateTime={a.proposed_at} title={dateTime(a.proposed_at, locale)}>{ago(a.proposed_at)}</time> },
          { key: "decided", title: t("money.decided"), kind: "id", value: (a) => a.decided_by, wide: true },
        ]}
        actions={(a) => a.state !== "open" || !has("money") ? null : a.proposer === me?.user.user ? (
          <><small className="c-soft">{t("money.yours")}</small> <ActionButton size="small" run={(key) => decide(a.approval, "reject", key)}>{t("money.withdraw")}</ActionButton></>
        ) : (
          <><ActionButton size="small" run={(key) => decide(a.approval, "reject", key)}>{t("money.reject")}</ActionButton><ActionButton size="small" primary ask={t("money.askApprove")} run={(key) => decide(a.approval, "approve", key)} test="approve">{t("money.approve")}</ActionButton></>
        )}
      />
    </>
  );
}
