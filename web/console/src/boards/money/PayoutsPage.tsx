// PayoutsPage.tsx - payouts of all merchants, and a payout outside the calendar proposed.
import { useSession, useWords } from "@tael/shared";
import { Button } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";
import { SellerSelect, TenantName } from "../../ui/people";
import { propose } from "./propose";

export default function PayoutsPage() {
  const { t } = useWords();
  const { has } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <>
      <PageHead title={t("money.payouts")} lead={t("money.payoutsLead")}>{has("money") && <Button type="primary" onClick={() => setOpen(true)} data-test="pay-now">{t("money.payNow")}</Button>}</PageHead>
      <DataTable
        name="payouts" path="/v1/payouts" rowKey={(p) => p.payout} refetchInterval={30_000} empty={{ title: t("money.noPayouts"), text: t("money.noPayoutsText") }}
        filters={[{ key: "seller", label: t("money.seller"), kind: "text", hint: `${t("money.seller")}: ten_…` }]}
        columns={[
          { key: "payout", title: t("money.payout"), kind: "id", value: (p) => p.payout },
          { key: "seller", title: t("money.seller"), value: (p) => p.seller, render: (p) => <TenantName of={p.seller} /> },
          { key: "state", title: t("money.state"), kind: "state", value: (p) => p.state },
          { key: "on", title: t("money.on"), kind: "day", value: (p) => p.on },
          { key: "updated", title: t("money.updated"), kind: "time", value: (p) => p.updated_at, wide: true },
          { key: "amount", title: t("money.amount"), kind: "money", value: (p) => p.amount, currency: (p) => p.currency },
        ]}
      />
      <FormDrawer<{ seller: string }> open={open} onClose={() => setOpen(false)} title={t("money.payNow")} lead={t("money.payNowLead")} submit={t("money.propose")} done={t("money.proposedToast")} run={(v, key) => propose("payout.make", { seller: v.seller }, key)}>
        {() => <Field need name="seller" label={t("money.seller")}><SellerSelect /></Field>}
      </FormDrawer>
    </>
  );
}
