// StockPage.tsx - shelves: what is there, what orders hold, what is free; goods received and counted.
import { api, useWords } from "@tael/shared";
import { Button, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";
import { useVariants, useWarehouses } from "./data";

type Move = { variant: string; warehouse: string; quantity: number; reason?: string };

export default function StockPage() {
  const { t } = useWords();
  const variants = useVariants(), houses = useWarehouses();
  const [doing, setDoing] = useState<"receipts" | "adjustments" | null>(null), [at, setAt] = useState<{ variant: string; warehouse: string } | null>(null);
  const name = (variant: string, sku: string) => variants.data?.find((v) => v.value === variant)?.label ?? sku;
  const house = (id: string) => houses.data?.find((h) => h.warehouse === id)?.name ?? id;
  const start = (what: "receipts" | "adjustments", row?: { variant: string; warehouse: string }) => { setAt(row ?? null); setDoing(what); };
  return (
    <>
      <PageHead title={t("merchant.stock")} lead={t("merchant.stockLead")}><Button type="primary" onClick={() => start("receipts")}>{t("merchant.receive")}</Button></PageHead>
      <DataTable name="stock" path="/v1/stock" rowKey={(s) => s.variant + s.warehouse} empty={{ title: t("merchant.noStock"), text: t("merchant.noStockText") }}
        columns={[{ key: "variant", title: t("merchant.item"), value: (s) => name(s.variant, s.sku), render: (s) => <b dir="auto">{name(s.variant, s.sku)}</b> }, { key: "house", title: t("merchant.warehouse"), value: (s) => house(s.warehouse), wide: true }, { key: "on", title: t("merchant.onHand"), kind: "count", value: (s) => s.on_hand }, { key: "reserved", title: t("merchant.reserved"), kind: "count", value: (s) => s.reserved }, { key: "free", title: t("merchant.available"), kind: "count", value: (s) => s.available }]}
        actions={(s) => <><Button size="small" onClick={() => start("receipts", s)}>{t("merchant.receive")}</Button><Button size="small" onClick={() => start("adjustments", s)}>{t("merchant.adjust")}</Button></>} />
      <FormDrawer<Move> key={`${doing}${at?.variant}`} open={doing !== null} onClose={() => setDoing(null)} title={t(doing === "adjustments" ? "merchant.adjust" : "merchant.receive")} submit={t("common.save")}
        initial={{ warehouse: at?.warehouse ?? houses.data?.[0]?.warehouse ?? "", ...(at ? { variant: at.variant } : {}) }} run={(v, key) => api.post(doing === "adjustments" ? "/v1/stock/adjustments" : "/v1/stock/receipts", { body: { ...v, reason: v.reason ?? "" } as never, key })}>
        {() => (
          <>
            <Field need name="variant" label={t("merchant.variant")}><Select showSearch={{ optionFilterProp: "label" }} {...(variants.data ? { options: variants.data } : {})} /></Field>
            <Field need name="warehouse" label={t("merchant.warehouse")}><Select options={(houses.data ?? []).map((h) => ({ value: h.warehouse, label: h.name }))} /></Field>
            <Field need name="quantity" label={t(doing === "adjustments" ? "merchant.difference" : "merchant.quantity")} {...(doing === "adjustments" ? { extra: t("merchant.differenceHint") } : {})}><InputNumber precision={0} {...(doing === "adjustments" ? {} : { min: 1 })} style={{ width: "100%" }} /></Field>
            <Field name="reason" label={t("merchant.reason")}><Input maxLength={200} /></Field>
          </>
        )}
      </FormDrawer>
    </>
  );
}
