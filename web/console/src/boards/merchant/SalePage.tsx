// SalePage.tsx - one order as its merchant sees it: packed and sent, refunded by line, its parcels.
import { api, dateTime, day, Failure, Loading, useList, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Button, Input, Switch } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { ActionButton, Field, FormDrawer, MoneyInput } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { PageHead, Pairs, Sheet, State } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

export default function SalePage() {
  const { t, locale } = useWords();
  const money = useMoney();
  const { order: ord, child: cho } = useParams() as { order: string; child: string };
  const [sending, setSending] = useState(false), [refunding, setRefunding] = useState(false);
  const { data, error, refetch } = useQuery({ queryKey: ["sale", ord], queryFn: () => api.get("/v1/orders/{ord}", { path: { ord } }) });
  const parcels = useList("/v1/orders/{ord}/parcels", { path: { ord } });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  const c = data?.children.find((x) => x.child === cho);
  if (!data || !c) return <Loading tall={1} />;
  const m = (v: number) => <span className="t-money">{money(v, data.currency)}</span>;
  const can_send = (c.state === "paid" || c.state === "shipped") && c.lines.some((l) => !l.shipped);
  const left = (l: (typeof c.lines)[number]) => l.price * l.quantity + l.freight - l.refunded;
  const can_refund = ["paid", "shipped", "delivered", "returned"].includes(c.state) && c.lines.some((l) => left(l) > 0);
  const place = Object.values((data.address ?? {}) as Record<string, unknown>).filter((v) => typeof v === "string").join(", ");
  return (
    <>
      <PageHead back={{ to: "/sales", title: t("merchant.sales") }} title={<>{t("merchant.child")} <span className="c-mono" style={{ fontSize: 17 }}>{cho}</span></>} lead={<State of={c.state} />}>
        {c.state === "paid" && <ActionButton danger ask={t("merchant.askCancel")} run={(key) => api.post("/v1/orders/{ord}/child-orders/{cho}/cancel", { path: { ord, cho }, body: { reason: "" }, key } as never)}>{t("merchant.cancel")}</ActionButton>}
        {can_refund && <Button onClick={() => setRefunding(true)} data-test="refund">{t("merchant.refund")}</Button>}
        {can_send && <Button type="primary" onClick={() => setSending(true)} data-test="ship">{t("merchant.ship")}</Button>}
      </PageHead>
      <Sheet className="c-gap"><Pairs of={[[t("merchant.total"), <b key="t">{m(c.total)}</b>], [t("merchant.commission"), m(c.commission)], [t("merchant.freight"), m(c.freight)], [t("merchant.refunded"), <span key="r" data-test="refunded">{m(c.refunded)}</span>], [t("merchant.shipped"), dateTime(c.shipped_at, locale)], [t("merchant.delivered"), dateTime(c.delivered_at, locale)], [t("merchant.settles"), day(c.settles_on, locale)], [t("merchant.address"), place]]} /></Sheet>
      <Sheet flush title={t("merchant.goodsOf")}>
        <Rows rows={c.lines} rowKey={(l) => l.line} columns={[{ title: t("merchant.item"), of: (l) => <b dir="auto">{l.title}</b> }, { title: t("merchant.sku"), of: (l) => <span className="c-mono">{l.sku}</span> }, { title: t("merchant.sent"), of: (l) => (l.shipped ? <State of="shipped" /> : null) }, { title: t("merchant.quantity"), of: (l) => l.quantity, right: true }, { title: t("merchant.price"), of: (l) => m(l.price), right: true }, { title: t("merchant.refunded"), of: (l) => (l.refunded ? m(l.refunded) : null), right: true }]} />
      </Sheet>
      {parcels.items.length > 0 && <Sheet flush title={t("merchant.parcelsOf")}><Rows rows={parcels.items} rowKey={(p) => p.parcel} columns={[{ title: t("merchant.carrier"), of: (p) => p.carrier }, { title: t("merchant.tracking"), of: (p) => <span className="c-mono">{p.tracking}</span> }, { title: t("merchant.state"), of: (p) => <State of={p.state} /> }, { title: t("merchant.made"), of: (p) => dateTime(p.made_at, locale) }]} /></Sheet>}
      <FormDrawer<{ carrier: string; tracking: string; handed_over: boolean }> open={sending} onClose={() => setSending(false)} title={t("merchant.ship")} lead={t("merchant.shipLead")} submit={t("merchant.ship")} initial={{ handed_over: true }} run={(v, key) => api.post("/v1/orders/{ord}/child-orders/{cho}/parcels", { path: { ord, cho }, body: v as never, key })}>
        {() => <><Field need name="carrier" label={t("merchant.carrier")}><Input maxLength={40} /></Field><Field need name="tracking" label={t("merchant.tracking")}><Input maxLength={80} /></Field><Field name="handed_over" label={t("merchant.handed")} valuePropName="checked"><Switch /></Field></>}
      </FormDrawer>
      <FormDrawer<Record<string, number | string | null>> open={refunding} onClose={() => setRefunding(false)} title={t("merchant.refund")} lead={t("merchant.refundLead")} submit={t("merchant.refund")} done={t("merchant.refundDone")}
        run={(v, key) => api.post("/v1/orders/{ord}/child-orders/{cho}/refund", { path: { ord, cho }, body: { reason: String(v.reason ?? ""), lines: c.lines.filter((l) => v[l.line]).map((l) => ({ line: l.line, amount: Number(v[l.line]) })) } as never, key })}>
        {() => (
          <>
            {c.lines.filter((l) => left(l) > 0).map((l) => <Field key={l.line} name={l.line} label={l.title} extra={t("merchant.max", { n: money(left(l), data.currency) })}><MoneyInput /></Field>)}
            <Field name="reason" label={t("merchant.refundReason")}><Input maxLength={200} /></Field>
          </>
        )}
      </FormDrawer>
    </>
  );
}
