// ReturnsPage.tsx - returns that wait for the merchant's decision.
import { api, useWords } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { ActionButton } from "../../ui/form";
import { PageHead } from "../../ui/Page";

export default function ReturnsPage() {
  const { t } = useWords();
  const decide = (order: string, ret: string, accept: boolean, damaged: boolean, key: string) => api.post("/v1/orders/{ord}/returns/{ret}/decide", { path: { ord: order, ret }, body: { accept, damaged }, key } as never);
  return (
    <>
      <PageHead title={t("merchant.returns")} lead={t("merchant.returnsLead")} />
      <DataTable name="returns" path="/v1/returns" rowKey={(r) => r.return} refetchInterval={20_000} empty={{ title: t("merchant.noReturns"), text: t("merchant.noReturnsText") }}
        columns={[{ key: "child", title: t("merchant.child"), kind: "id", value: (r) => r.child, to: (r) => `/sales/${r.order}/${r.child}` }, { key: "state", title: t("merchant.state"), kind: "state", value: (r) => r.state }, { key: "reason", title: t("merchant.reason"), value: (r) => r.reason, render: (r) => <span dir="auto">{r.reason}</span> }, { key: "asked", title: t("merchant.asked"), kind: "time", value: (r) => r.asked_at }]}
        actions={(r) => <><ActionButton size="small" run={(key) => decide(r.order, r.return, false, false, key)}>{t("merchant.refuse")}</ActionButton><ActionButton size="small" ask={t("merchant.askDamaged")} run={(key) => decide(r.order, r.return, true, true, key)}>{t("merchant.damaged")}</ActionButton><ActionButton size="small" primary ask={t("merchant.askAccept")} run={(key) => decide(r.order, r.return, true, false, key)}>{t("merchant.accept")}</ActionButton></>} />
    </>
  );
}
