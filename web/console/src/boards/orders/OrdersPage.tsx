// OrdersPage.tsx - all orders, filtered by state, day and buyer.
import { useWords } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/Page";

export const orderStates = ["placed", "paid", "completed", "cancelled"];

export default function OrdersPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("orders.title")} lead={t("orders.lead")} />
      <DataTable
        name="orders" path="/v1/orders" rowKey={(o) => o.order} refetchInterval={30_000}
        filters={[
          { key: "state", label: t("orders.state"), kind: "choice", options: orderStates.map((value) => ({ value, label: t(`st.${value}`) })) },
          { key: "from", label: t("table.from"), kind: "day" },
          { key: "to", label: t("table.to"), kind: "day" },
          { key: "buyer", label: t("orders.buyer"), kind: "text", hint: `${t("orders.buyer")}: usr_…` },
        ]}
        columns={[
          { key: "order", title: t("orders.order"), kind: "id", value: (o) => o.order, to: (o) => `/orders/${o.order}` },
          { key: "state", title: t("orders.state"), kind: "state", value: (o) => o.state },
          { key: "placed", title: t("orders.placed"), kind: "time", value: (o) => o.placed_at },
          { key: "buyer", title: t("orders.buyer"), kind: "id", value: (o) => o.buyer, to: (o) => `/users?user=${o.buyer}`, wide: true },
          { key: "external", title: t("orders.external"), value: (o) => o.external, wide: true },
          { key: "refunded", title: t("orders.refunded"), kind: "money", value: (o) => o.refunded || null, currency: (o) => o.currency },
          { key: "total", title: t("orders.total"), kind: "money", value: (o) => o.total, currency: (o) => o.currency },
        ]}
      />
    </>
  );
}
