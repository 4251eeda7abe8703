// CampaignsPage.tsx - budgets and what is left of each.
import { inTongue, money as print, useSession, useWords } from "@tael/shared";
import { Button, Input, Progress } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer, MoneyInput } from "../../ui/form";
import { useMarket } from "../../ui/market";
import { PageHead } from "../../ui/Page";
import { propose } from "./propose";

export type Funding = { name: string; budget: number; per_order_max?: number };

export function FundDrawer(props: { open: boolean; close: () => void; existing?: { campaign: string; name: string } }) {
  const { t } = useWords();
  const { currency } = useMarket();
  const { existing } = props;
  return (
    <FormDrawer<Funding> open={props.open} onClose={props.close} title={t(existing ? "money.more" : "money.fund")} lead={t("money.fundLead")} submit={t("money.propose")} done={t("money.proposedToast")} initial={existing ? { name: existing.name } : {}}
      run={(v, key) => propose("campaign.fund", { name: v.name, currency, budget: v.budget, ...(v.per_order_max ? { per_order_max: v.per_order_max } : {}), ...(existing ? { existing: existing.campaign } : {}) }, key)}>
      {() => (
        <>
          <Field need name="name" label={t("money.name")}><Input maxLength={100} disabled={existing !== undefined} /></Field>
          <Field need name="budget" label={t("money.budget")}><MoneyInput /></Field>
          {!existing && <Field name="per_order_max" label={t("money.perOrder")} extra={t("money.perOrderHint")}><MoneyInput /></Field>}
        </>
      )}
    </FormDrawer>
  );
}

export default function CampaignsPage() {
  const { t, lang, locale } = useWords();
  const { has } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <>
      <PageHead title={t("money.campaigns")} lead={t("money.campaignsLead")}>{has("money") && <Button type="primary" onClick={() => setOpen(true)}>{t("money.fund")}</Button>}</PageHead>
      <DataTable
        name="campaigns" path="/v1/campaigns" rowKey={(c) => c.campaign} empty={{ title: t("money.noCampaigns"), text: t("money.noCampaignsText") }}
        columns={[
          { key: "name", title: t("money.name"), value: (c) => inTongue(c.name, lang), to: (c) => `/campaigns/${c.campaign}` },
          { key: "created", title: t("money.created"), kind: "time", value: (c) => c.created_at, wide: true },
          { key: "per", title: t("money.perOrder"), kind: "money", value: (c) => c.per_order_max || null, currency: (c) => c.currency, wide: true },
          { key: "budget", title: t("money.budget"), kind: "money", value: (c) => c.budget, currency: (c) => c.currency },
          { key: "left", title: t("money.left"), kind: "money", value: (c) => c.left, currency: (c) => c.currency, render: (c) => <span className="c-left"><span className="t-money">{print(c.left, c.currency, locale)}</span><Progress percent={Math.round((c.left * 100) / c.budget)} size="small" showInfo={false} strokeColor="var(--t-brand)" aria-label={t("money.left")} /></span> },
        ]}
      />
      <FundDrawer open={open} close={() => setOpen(false)} />
    </>
  );
}
