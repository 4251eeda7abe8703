// ParcelsPage.tsx - the merchant's parcels and what carriers said of them.
import { api, useWords, type ItemOf } from "@tael/shared";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer } from "../../ui/form";
import { useMarket } from "../../ui/market";
import { PageHead } from "../../ui/Page";

const states = ["handed_over", "in_transit", "out_for_delivery", "delivered", "failed", "returned", "lost"];

export default function ParcelsPage() {
  const { t } = useWords();
  const market = useMarket();
  const [at, setAt] = useState<ItemOf<"/v1/parcels"> | null>(null);
  return (
    <>
      <PageHead title={t("merchant.parcels")} lead={t("merchant.parcelsLead")} />
      <DataTable name="parcels" path="/v1/parcels" rowKey={(p) => p.parcel} refetchInterval={30_000} empty={{ title: t("merchant.noParcels"), text: t("merchant.noParcelsText") }}
        columns={[{ key: "tracking", title: t("merchant.tracking"), value: (p) => p.tracking, to: (p) => `/sales/${p.order}/${p.child}` }, { key: "carrier", title: t("merchant.carrier"), value: (p) => p.carrier }, { key: "state", title: t("merchant.state"), kind: "state", value: (p) => p.state }, { key: "handed", title: t("merchant.handed"), kind: "time", value: (p) => p.handed_over_at, wide: true }, { key: "delivered", title: t("merchant.delivered"), kind: "time", value: (p) => p.delivered_at }]}
        actions={(p) => p.state !== "delivered" && p.state !== "returned" && <Button size="small" onClick={() => setAt(p)} data-test="track">{t("merchant.track")}</Button>} />
      <FormDrawer<{ status: string; place?: string }> open={at !== null} onClose={() => setAt(null)} title={t("merchant.track")} submit={t("common.save")} run={(v, key) => api.post("/v1/parcels/{par}/tracking", { path: { par: at!.parcel }, body: { event: key, status: v.status, place: v.place ?? "", at: market.now } as never, key })}>
        {() => <><Field need name="status" label={t("merchant.status")}><Select options={states.map((value) => ({ value, label: t(`st.${value}`) }))} data-test="status" /></Field><Field name="place" label={t("merchant.place")}><Input maxLength={200} /></Field></>}
      </FormDrawer>
    </>
  );
}
