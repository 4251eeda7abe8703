// SalesPage.tsx - the merchant's part of each order.
import { useWords } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/Page";

const states = ["placed", "paid", "shipped", "delivered", "cancelled", "returned"];

export default function SalesPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("merchant.sales")} lead={t("merchant.salesLead")} />
      <DataTable name="sales" path="/v1/child-orders" rowKey={(c) => c.child} refetchInterval={20_000} empty={{ title: t("merchant.noSales"), text: t("merchant.noSalesText") }}
        filters={[{ key: "state", label: t("merchant.state"), kind: "choice", options: states.map((value) => ({ value, label: t(`st.${value}`) })) }]}
        columns={[
          { key: "child", title: t("merchant.child"), kind: "id", value: (c) => c.child, to: (c) => `/sales/${c.order}/${c.child}` }, { key: "state", title: t("merchant.state"), kind: "state", value: (c) => c.state },
          { key: "shipped", title: t("merchant.shipped"), kind: "time", value: (c) => c.shipped_at, wide: true }, { key: "delivered", title: t("merchant.delivered"), kind: "time", value: (c) => c.delivered_at, wide: true }, { key: "settles", title: t("merchant.settles"), kind: "day", value: (c) => c.settles_on },
          { key: "refunded", title: t("merchant.refunded"), kind: "money", value: (c) => c.refunded || null }, { key: "total", title: t("merchant.total"), kind: "money", value: (c) => c.total }]} />
    </>
  );
}
