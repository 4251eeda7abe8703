// BuyingPage.tsx - suppliers, purchase orders, goods received, and what is owed for them.
import { api, day, Failure, Loading, useList, useWords } from "@tael/shared";
import { Button, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer, MoneyInput } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { PageHead, Sheet } from "../../ui/Page";
import { Rows } from "../../ui/Rows";
import { useVariants, useWarehouses } from "./data";

type Order = { supplier: string; variant: string; quantity: number; unit_cost: number; note?: string };

export default function BuyingPage() {
  const { t, locale } = useWords();
  const money = useMoney();
  const suppliers = useList("/v1/suppliers", { limit: 200 }), payables = useList("/v1/payables", { limit: 50 });
  const variants = useVariants(), houses = useWarehouses();
  const [open, setOpen] = useState(false), [adding, setAdding] = useState(false);
  const name = (id: string) => suppliers.items.find((s) => s.supplier === id)?.name ?? id;
  const warehouse = houses.data?.[0]?.warehouse ?? "";
  return (
    <>
      <PageHead title={t("merchant.buying")} lead={t("merchant.buyingLead")}><Button onClick={() => setAdding(true)}>{t("merchant.addSupplier")}</Button><Button type="primary" disabled={suppliers.items.length === 0} onClick={() => setOpen(true)}>{t("merchant.order")}</Button></PageHead>
      <DataTable name="purchases" path="/v1/purchases" rowKey={(p) => p.purchase} empty={{ title: t("merchant.noPurchases"), text: t("merchant.noPurchasesText") }}
        columns={[{ key: "id", title: t("merchant.purchase"), kind: "id", value: (p) => p.purchase }, { key: "supplier", title: t("merchant.supplier"), value: (p) => name(p.supplier) }, { key: "state", title: t("merchant.state"), kind: "state", value: (p) => p.state }, { key: "note", title: t("merchant.note"), value: (p) => p.note, wide: true }, { key: "made", title: t("merchant.made"), kind: "time", value: (p) => p.made_at }]}
        actions={(p) => p.state === "open" && <ActionButton size="small" run={(key) => api.post("/v1/purchases/{pur}/receipts", { path: { pur: p.purchase }, body: {} as never, key })}>{t("merchant.receiveAll")}</ActionButton>} />
      <div style={{ height: 16 }} />
      <Sheet flush title={t("merchant.payables")}>
        {payables.isPending ? <Loading /> : payables.error ? <Failure error={payables.error} /> : <Rows rows={payables.items} rowKey={(p) => p.receipt} columns={[{ title: t("merchant.supplier"), of: (p) => name(p.supplier) }, { title: t("merchant.due"), of: (p) => day(p.due, locale) }, { title: t("merchant.amount"), of: (p) => <span className="t-money">{money(p.amount, p.currency)}</span>, right: true }]} />}
      </Sheet>
      <FormDrawer<{ name: string; contact?: string; payment_days: number }> open={adding} onClose={() => setAdding(false)} title={t("merchant.addSupplier")} submit={t("common.save")} initial={{ payment_days: 30 }} run={(v, key) => api.post("/v1/suppliers", { body: { ...v, contact: v.contact ?? "" }, key })}>
        {() => <><Field need name="name" label={t("merchant.supplier")}><Input maxLength={120} /></Field><Field name="contact" label={t("merchant.contact")}><Input maxLength={200} /></Field><Field need name="payment_days" label={t("merchant.paymentDays")}><InputNumber min={0} max={365} precision={0} style={{ width: "100%" }} /></Field></>}
      </FormDrawer>
      <FormDrawer<Order> open={open} onClose={() => setOpen(false)} title={t("merchant.order")} submit={t("merchant.order")} run={(v, key) => api.post("/v1/purchases", { body: { supplier: v.supplier, warehouse, note: v.note ?? "", lines: [{ variant: v.variant, quantity: v.quantity, unit_cost: v.unit_cost }] }, key })}>
        {() => (
          <>
            <Field need name="supplier" label={t("merchant.supplier")}><Select options={suppliers.items.map((s) => ({ value: s.supplier, label: s.name }))} /></Field>
            <Field need name="variant" label={t("merchant.variant")}><Select showSearch={{ optionFilterProp: "label" }} {...(variants.data ? { options: variants.data } : {})} /></Field>
            <Field need name="quantity" label={t("merchant.quantity")}><InputNumber min={1} precision={0} style={{ width: "100%" }} /></Field>
            <Field need name="unit_cost" label={t("merchant.unitCost")}><MoneyInput /></Field>
            <Field name="note" label={t("merchant.note")}><Input maxLength={500} /></Field>
          </>
        )}
      </FormDrawer>
    </>
  );
}
