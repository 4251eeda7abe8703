// DeliveriesPage.tsx - what was sent to a webhook, how it was answered, and sending it again.
import { api, useWords } from "@tael/shared";
import { useParams } from "react-router";
import { DataTable } from "../../ui/DataTable";
import { ActionButton } from "../../ui/form";
import { PageHead } from "../../ui/Page";

export default function DeliveriesPage() {
  const { t } = useWords();
  const whk = useParams().webhook!;
  return (
    <>
      <PageHead back={{ to: "/webhooks", title: t("system.webhooks") }} title={t("system.deliveries")} lead={<span className="c-mono">{whk}</span>}><ActionButton run={(key) => api.post("/v1/webhooks/{whk}/ping", { path: { whk }, key })}>{t("system.ping")}</ActionButton></PageHead>
      <DataTable name="deliveries" path="/v1/webhooks/{whk}/deliveries" params={{ whk }} rowKey={(d) => d.delivery} refetchInterval={5000} empty={{ title: t("system.noDeliveries"), text: t("system.noDeliveriesText") }}
        columns={[{ key: "type", title: t("system.type"), value: (d) => d.type, render: (d) => <b className="c-mono">{d.type}</b> }, { key: "state", title: t("system.state"), kind: "state", value: (d) => d.state }, { key: "event", title: t("system.event"), kind: "id", value: (d) => d.event, wide: true }, { key: "answer", title: t("system.answer"), value: (d) => d.http_status || "", render: (d) => d.http_status || <span className="c-soft">{d.error || "–"}</span> }, { key: "tries", title: t("system.tries"), kind: "count", value: (d) => d.tries }, { key: "next", title: t("system.next"), kind: "time", value: (d) => (d.state === "waiting" ? d.next_at : null), wide: true }, { key: "ended", title: t("system.ended"), kind: "time", value: (d) => d.ended_at }]}
        actions={(d) => d.state !== "waiting" && <ActionButton size="small" run={(key) => api.post("/v1/webhooks/{whk}/deliveries/{dlv}/replay", { path: { whk, dlv: d.delivery }, key })}>{t("system.resend")}</ActionButton>} />
    </>
  );
}
