// PaymentsPage.tsx - all payments by state.
import { useWords } from "@tael/shared";
import { DataTable } from "../../ui/DataTable";
import { PageHead } from "../../ui/Page";

const states = ["created", "pending", "paid", "failed", "cancelled", "partly_refunded", "refunded"];

export default function PaymentsPage() {
  const { t } = useWords();
  return (
    <>
      <PageHead title={t("orders.payments")} lead={t("orders.paymentsLead")} />
      <DataTable
        name="payments" path="/v1/payments" rowKey={(p) => p.payment} refetchInterval={30_000}
        filters={[{ key: "state", label: t("orders.state"), kind: "choice", options: states.map((value) => ({ value, label: t(`st.${value}`) })) }]}
        columns={[
          { key: "payment", title: t("orders.payment"), kind: "id", value: (p) => p.payment, to: (p) => `/payments/${p.payment}` },
          { key: "state", title: t("orders.state"), kind: "state", value: (p) => p.state },
          { key: "created", title: t("orders.created"), kind: "time", value: (p) => p.created_at },
          { key: "payable", title: t("orders.payable"), kind: "id", value: (p) => p.payable, wide: true, to: (p) => (p.payable.startsWith("ord_") ? `/orders/${p.payable}` : `/payments/${p.payment}`) },
          { key: "captured", title: t("orders.captured"), kind: "money", value: (p) => p.captured, currency: (p) => p.currency, wide: true },
          { key: "refunded", title: t("orders.refunded"), kind: "money", value: (p) => p.refunded || null, currency: (p) => p.currency },
          { key: "total", title: t("orders.total"), kind: "money", value: (p) => p.total, currency: (p) => p.currency },
        ]}
      />
    </>
  );
}
