// SellersPage.tsx - merchants, their shops and the contracts that wait for approval.
import { api, Empty, Failure, Loading, useList, useSession, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Button, Drawer, Input } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { PageHead, Pairs, Sheet, State } from "../../ui/Page";

const percent = (ppb: number, locale: string) => (ppb / 1e9).toLocaleString(locale, { style: "percent", maximumFractionDigits: 2 });

function Contracts(props: { shop: string }) {
  const { t, locale } = useWords();
  const { has } = useSession();
  const list = useList("/v1/shops/{shp}/contracts", { path: { shp: props.shop }, limit: 50 });
  if (list.isPending) return <Loading lines={2} />;
  const decide = (ctr: string, what: "approve" | "refuse", key: string) => api.post(`/v1/shops/{shp}/contracts/{ctr}/${what}` as "/v1/shops/{shp}/contracts/{ctr}/approve", { path: { shp: props.shop, ctr }, key });
  return (
    <ul className="c-list">
      {list.items.map((c) => (
        <li key={c.contract} style={{ alignItems: "flex-start" }}>
          <Pairs of={[[t("people.commission"), percent(c.terms.commission_ppb, locale)], [t("people.reserve"), percent(c.terms.reserve_ppb, locale)], [t("people.settles"), t(c.terms.settle_rule === "business_days" ? "people.businessDays" : "people.days", { n: c.terms.settle_days })]]} />
          <span className="c-row">
            {c.state === "proposed" && has("operate") ? <><ActionButton size="small" run={(key) => decide(c.contract, "refuse", key)}>{t("people.refuse")}</ActionButton><ActionButton size="small" primary run={(key) => decide(c.contract, "approve", key)} test="approve-contract">{t("people.approve")}</ActionButton></> : <State of={c.state} />}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Shops(props: { seller: string }) {
  const { t } = useWords();
  const { data, error } = useQuery({ queryKey: ["shops-of", props.seller], queryFn: () => api.get("/v1/shops", { query: { seller: props.seller, limit: 200 } }) });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  if (data.items.length === 0) return <Empty title={t("people.noShops")} text={t("people.noShopsText")} />;
  return <>{data.items.map((s) => <Sheet key={s.shop} title={s.name} aside={<State of={`shop_${s.state}`} />}><p className="c-soft" style={{ marginTop: 0 }}>{s.share_link}</p><Contracts shop={s.shop} /></Sheet>)}</>;
}

export default function SellersPage() {
  const { t } = useWords();
  const { has } = useSession();
  const [open, setOpen] = useState(false), [at, setAt] = useState<{ tenant: string; name: string } | null>(null);
  return (
    <>
      <PageHead title={t("people.sellers")} lead={t("people.sellersLead")}>{has("operate") && <Button type="primary" onClick={() => setOpen(true)}>{t("people.addSeller")}</Button>}</PageHead>
      <DataTable name="sellers" path="/v1/tenants" rowKey={(x) => x.tenant}
        columns={[{ key: "name", title: t("people.name"), value: (x) => x.name, render: (x) => <b>{x.name}</b> }, { key: "kind", title: t("people.kind"), value: (x) => x.kind, render: (x) => t(`st.${x.kind}`) }, { key: "since", title: t("people.since"), kind: "time", value: (x) => x.created_at, wide: true }, { key: "id", title: t("people.organisation"), kind: "id", value: (x) => x.tenant }]}
        actions={(x) => x.kind === "seller" && <Button size="small" onClick={() => setAt(x)} data-test="shops">{t("people.open")}</Button>} />
      <Drawer open={at !== null} onClose={() => setAt(null)} title={at?.name} size={560}>{at && <Shops seller={at.tenant} />}</Drawer>
      <FormDrawer<{ name: string; person_name: string; email: string; password: string }> open={open} onClose={() => setOpen(false)} title={t("people.addSeller")} lead={t("people.addSellerLead")} submit={t("people.addSeller")} run={(v, key) => api.post("/v1/sellers", { body: v, key })}>
        {() => <><Field need name="name" label={t("people.seller")}><Input maxLength={120} /></Field><Field need name="person_name" label={t("people.person")}><Input maxLength={100} /></Field><Field need name="email" label={t("people.email")}><Input type="email" /></Field><Field need name="password" label={t("people.password")} extra={t("people.passwordHint")}><Input.Password autoComplete="new-password" /></Field></>}
      </FormDrawer>
    </>
  );
}
