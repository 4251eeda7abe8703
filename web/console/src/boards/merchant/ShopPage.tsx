// ShopPage.tsx - a micro-shop opened in minutes and decorated with a live preview, drawn by the same parts as the app's.
import { api, describe, fieldError, inTongue, layouts, money as print, patterns, ProductArt, ShopCover, shopTheme, Failure, Loading, useAction, useSession, useWords, type ItemOf, type ShopTheme } from "@tael/shared";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, ColorPicker, Form, Input, InputNumber, QRCode, Segmented } from "antd";
import { useState } from "react";
import { Field, ActionButton, MoneyInput } from "../../ui/form";
import { useMarket } from "../../ui/market";
import { PageHead, Sheet, State } from "../../ui/Page";
import { useShops } from "./data";

type Shop = ItemOf<"/v1/shops">;
const ppb = 10_000_000;
const swatches = ["#0b6e5f", "#7a4d05", "#a3202c", "#374a8c", "#6b3fa0", "#1f6f8b", "#4b5320", "#8c3b6f"];

function Preview(props: { name: string; banner: string; theme: ShopTheme; seller?: string | undefined }) {
  const { t, lang, locale } = useWords();
  const { currency } = useMarket();
  const goods = useQuery({ queryKey: ["preview-goods", props.seller], enabled: props.seller !== undefined, queryFn: () => api.get("/v1/products", { query: { seller: props.seller, limit: 4, offers: true } as never }) });
  const real = (goods.data?.items ?? []).map((p) => ({ id: p.product, title: p.title, price: p.offers?.[0]?.price ?? 0 }));
  const shown = real.length > 0 ? real : [1, 2, 3, 4].map((n) => ({ id: `sample${n}`, title: `${t("merchant.sample")} ${n}`, price: 1990 * n }));
  return (
    <div className="c-phone" aria-label={t("merchant.preview")} role="img">
      <ShopCover name={props.name || t("merchant.name")} banner={props.banner} theme={props.theme} tall />
      <div className={`c-phone-goods ${props.theme.layout}`}>
        {shown.map((p) => (
          <div key={p.id}><ProductArt title={p.title} id={p.id} theme={props.theme} shop={props.name} /><span dir="auto">{inTongue(p.title, lang)}</span><b className="t-money">{print(p.price, currency, locale)}</b></div>
        ))}
      </div>
    </div>
  );
}

function Look(props: { theme: ShopTheme; set: (theme: ShopTheme) => void }) {
  const { t } = useWords();
  const { theme, set } = props;
  return (
    <>
      <Form.Item label={t("merchant.colour")}>
        <div className="c-row">
          {swatches.map((colour) => <button key={colour} type="button" className="c-swatch" style={{ backgroundColor: colour }} aria-label={colour} aria-pressed={theme.colour === shopTheme({ colour }).colour} onClick={() => set({ ...theme, colour: shopTheme({ colour }).colour })} />)}
          <ColorPicker value={theme.colour} disabledAlpha onChangeComplete={(c) => set({ ...theme, colour: shopTheme({ colour: c.toHexString() }).colour })} />
        </div>
      </Form.Item>
      <Form.Item label={t("merchant.pattern")}><Segmented value={theme.pattern} options={patterns.map((value) => ({ value, label: t(`merchant.${value}`) }))} onChange={(pattern) => set({ ...theme, pattern })} /></Form.Item>
      <Form.Item label={t("merchant.layout")}><Segmented value={theme.layout} options={layouts.map((value) => ({ value, label: t(`merchant.${value}`) }))} onChange={(layout) => set({ ...theme, layout })} /></Form.Item>
    </>
  );
}

type New = { name: string; slug: string; banner?: string; freight?: number; freight_free_from?: number; commission: number; settle_days: number };
const slug_of = (name: string) => name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);

function OpenShop() {
  const { t } = useWords();
  const queries = useQueryClient();
  const [form] = Form.useForm<New>();
  const [theme, setTheme] = useState<ShopTheme>(shopTheme(null));
  const name = Form.useWatch("name", form) ?? "", banner = Form.useWatch("banner", form) ?? "";
  const action = useAction(async (key: string, v: New) => {
    const { commission, settle_days, ...rest } = v;
    await api.post("/v1/shops", { body: { ...rest, banner: v.banner ?? "", freight: v.freight ?? 0, freight_free_from: v.freight_free_from ?? 0, theme: theme as never, terms: { commission_ppb: Math.round(commission * ppb), settle_days } } as never, key });
    await queries.invalidateQueries();
  });
  const send = (v: New) => void action.start(v).catch((e: unknown) => form.setFields([{ name: "slug", errors: [fieldError(e, "/slug")].filter((x) => x !== undefined) }]));
  const problem = action.error ? describe(t, action.error) : null;
  return (
    <>
      <PageHead title={t("merchant.openTitle")} lead={t("merchant.openLead")} />
      <div className="c-two">
        <Sheet>
          {problem && <Alert type="error" showIcon title={problem.title} description={problem.detail} className="c-gap" />}
          <Form form={form} layout="vertical" onFinish={send} initialValues={{ commission: 6, settle_days: 7 }}>
            <Field need name="name" label={t("merchant.name")}><Input maxLength={120} size="large" onChange={(e) => form.setFieldsValue({ slug: slug_of(e.target.value) })} /></Field>
            <Field need name="slug" label={t("merchant.slug")} extra={t("merchant.slugHint")} rules={[{ pattern: /^[a-z0-9-]{3,60}$/, message: t("merchant.slugHint") }]}><Input prefix="/shops/" maxLength={60} /></Field>
            <Field name="banner" label={t("merchant.words")}><Input maxLength={120} /></Field>
            <Look theme={theme} set={setTheme} />
            <div className="c-form-two">
              <Field name="freight" label={t("merchant.freight")}><MoneyInput /></Field>
              <Field name="freight_free_from" label={t("merchant.freightFree")}><MoneyInput /></Field>
              <Field need name="commission" label={t("merchant.commission")}><InputNumber min={0} max={100} step={0.5} suffix="%" style={{ width: "100%" }} /></Field>
              <Field need name="settle_days" label={t("merchant.settleDays")}><InputNumber min={0} max={365} precision={0} style={{ width: "100%" }} /></Field>
            </div>
            <Button type="primary" size="large" htmlType="submit" loading={action.busy} data-test="open-shop">{t("merchant.open")}</Button>
          </Form>
        </Sheet>
        <div><Preview name={name} banner={banner} theme={theme} /></div>
      </div>
    </>
  );
}

function Decorate(props: { shop: Shop }) {
  const { t } = useWords();
  const { message } = App.useApp();
  const { me } = useSession();
  const { shop } = props;
  const [name, setName] = useState(shop.name), [banner, setBanner] = useState(shop.banner ?? "");
  const [theme, setTheme] = useState<ShopTheme>(shopTheme(shop.theme, shop.name));
  const link = `${location.origin}${shop.share_link}`;
  const save = (key: string) => api.patch("/v1/shops/{shp}", { path: { shp: shop.shop }, body: { name, banner, theme: theme as never }, key });
  return (
    <>
      <PageHead title={shop.name} lead={shop.state === "waiting" ? t("merchant.waiting") : t("merchant.shopLead")}><State of={`shop_${shop.state}`} /></PageHead>
      <div className="c-two">
        <div>
          <Sheet>
            <Form layout="vertical">
              <Form.Item label={t("merchant.name")} htmlFor="shop-name"><Input id="shop-name" value={name} maxLength={120} onChange={(e) => setName(e.target.value)} /></Form.Item>
              <Form.Item label={t("merchant.words")} htmlFor="shop-words"><Input id="shop-words" value={banner} maxLength={120} onChange={(e) => setBanner(e.target.value)} /></Form.Item>
              <Look theme={theme} set={setTheme} />
              <ActionButton primary run={save} test="save-look">{t("merchant.save")}</ActionButton>
            </Form>
          </Sheet>
          <Sheet title={t("merchant.share")}>
            <div className="c-row" style={{ alignItems: "flex-start", gap: 20 }}>
              <span aria-hidden="true"><QRCode value={link} size={112} bordered={false} bgColor="#ffffff" color="#16211e" /></span>
              <div style={{ flex: 1, minWidth: 200 }}>
                <p className="c-soft" style={{ marginTop: 0 }}>{t("merchant.shareLead")}</p>
                <p className="c-mono" data-test="share-link"><a href={link}>{link}</a></p>
                <Button onClick={() => void navigator.clipboard?.writeText(link).then(() => message.success(t("common.copied")))}>{t("merchant.copyLink")}</Button>
              </div>
            </div>
          </Sheet>
        </div>
        <div><Preview name={name} banner={banner} theme={theme} seller={me?.user.tenant} /></div>
      </div>
    </>
  );
}

export default function ShopPage() {
  const { data, error, refetch } = useShops();
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Loading tall={2} />;
  return data[0] ? <Decorate key={data[0].shop} shop={data[0]} /> : <OpenShop />;
}
