// ProductsPage.tsx - the merchant's products: added with their variants and first stock, changed, taken off sale.
import { MinusCircleOutlined } from "@ant-design/icons";
import { api, inTongue, ProductArt, useSession, useWords, type ItemOf } from "@tael/shared";
import { Button, Form, Input, InputNumber } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer, MoneyInput } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { PageHead } from "../../ui/Page";
import { useShops } from "./data";

type Product = ItemOf<"/v1/products">;
type New = { title: string; description?: string; variants: { sku: string; name?: string; price: number; stock?: number }[] };

export default function ProductsPage() {
  const { t, lang } = useWords();
  const money = useMoney();
  const { me } = useSession();
  const shops = useShops();
  const [open, setOpen] = useState(false), [at, setAt] = useState<Product | null>(null);
  const shop = shops.data?.[0];
  const add = async (v: New, key: string) => {
    const variants = v.variants.map((x) => ({ sku: x.sku, name: x.name ?? "", price: x.price }));
    const made = await api.post("/v1/products", { body: { shop: shop!.shop, title: v.title, description: v.description ?? "", variants } as never, key });
    await Promise.all(v.variants.map(async (x, i) => {
      const variant = made.variants[i]?.variant;
      if (x.stock && variant) await api.post("/v1/stock/receipts", { body: { variant, warehouse: shop!.warehouse, quantity: x.stock, reason: "first stock" } as never, key: `${key}-${i}` });
    }));
  };
  const price = (p: Product) => { const all = (p.offers ?? []).map((o) => o.price); return all.length === 0 ? "–" : Math.min(...all) === Math.max(...all) ? money(all[0]!) : `${money(Math.min(...all))} – ${money(Math.max(...all))}`; };
  return (
    <>
      <PageHead title={t("merchant.products")} lead={t("merchant.productsLead")}><Button type="primary" disabled={!shop} onClick={() => setOpen(true)} data-test="add-product">{t("merchant.addProduct")}</Button></PageHead>
      <DataTable name="products" path="/v1/products" query={{ seller: me!.user.tenant, offers: "true" }} rowKey={(p) => p.product} empty={{ title: t("merchant.noProducts"), text: t("merchant.noProductsText") }}
        filters={[{ key: "q", label: t("common.search"), kind: "text" }]}
        columns={[
          { key: "title", title: t("merchant.title"), value: (p) => p.title, render: (p) => <span className="c-goods"><ProductArt title={p.title} id={p.product} theme={shop?.theme} shop={shop?.name ?? ""} /><b dir="auto">{inTongue(p.title, lang)}</b></span> },
          { key: "offers", title: t("merchant.offers"), kind: "count", value: (p) => p.offers?.length ?? 0 },
          { key: "available", title: t("merchant.available"), kind: "count", value: (p) => (p.offers ?? []).reduce((s, o) => s + (o.available ?? 0), 0) },
          { key: "rating", title: t("merchant.rating"), value: (p) => (p.reviews ? `${(p.rating_percent / 100).toFixed(1)} (${p.reviews})` : null), wide: true },
          { key: "price", title: t("merchant.price"), value: price, render: (p) => <span className="t-money">{price(p)}</span> }]}
        actions={(p) => <><Button size="small" onClick={() => setAt(p)}>{t("merchant.setPrice")}</Button><ActionButton size="small" run={(key) => api.patch("/v1/products/{prd}", { path: { prd: p.product }, body: { sale: "off" } as never, key })}>{t("merchant.offSale")}</ActionButton></>} />
      <FormDrawer<New> open={open} onClose={() => setOpen(false)} title={t("merchant.addProduct")} submit={t("merchant.addProduct")} initial={{ variants: [{ sku: "", price: 0 }].map(({ sku }) => ({ sku }) as never) }} run={add} width={560}>
        {() => (
          <>
            <Field need name="title" label={t("merchant.title")}><Input maxLength={200} /></Field>
            <Field name="description" label={t("merchant.description")}><Input.TextArea rows={3} maxLength={5000} /></Field>
            <Form.List name="variants">
              {(fields, { add: more, remove }) => (
                <>
                  {fields.map(({ key, name }) => (
                    <div key={key} className="c-variant">
                      <Field need name={[name, "sku"]} label={t("merchant.sku")}><Input maxLength={60} /></Field>
                      <Field name={[name, "name"]} label={t("merchant.variantName")}><Input maxLength={80} /></Field>
                      <Field need name={[name, "price"]} label={t("merchant.price")}><MoneyInput /></Field>
                      <Field name={[name, "stock"]} label={t("merchant.stockNow")}><InputNumber min={0} precision={0} style={{ width: "100%" }} /></Field>
                      {fields.length > 1 && <Button type="text" icon={<MinusCircleOutlined />} onClick={() => remove(name)} aria-label={t("common.cancel")} />}
                    </div>
                  ))}
                  <Button type="dashed" block onClick={() => more()}>{t("merchant.addVariant")}</Button>
                </>
              )}
            </Form.List>
          </>
        )}
      </FormDrawer>
      <FormDrawer<Record<string, number>> open={at !== null} onClose={() => setAt(null)} title={`${t("merchant.newPrice")} · ${at?.title ?? ""}`} submit={t("common.save")} {...(at ? { initial: Object.fromEntries((at.offers ?? []).map((o) => [o.offer, o.price])) } : {})}
        run={(v, key) => Promise.all((at?.offers ?? []).filter((o) => v[o.offer] && v[o.offer] !== o.price).map((o) => api.post("/v1/offers/{ofr}/prices", { path: { ofr: o.offer }, body: { price: v[o.offer]! } as never, key: `${key}-${o.offer.slice(-6)}` })))}>
        {() => (at?.offers ?? []).map((o) => <Field key={o.offer} need name={o.offer} label={o.variant_name || o.sku}><MoneyInput /></Field>)}
      </FormDrawer>
    </>
  );
}
