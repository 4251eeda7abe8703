// BreaksPage.tsx - what did not fit, and what is proposed to become of it.
import { useSession, useWords, type ItemOf } from "@tael/shared";
import { Button, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer } from "../../ui/form";
import { useMoney } from "../../ui/market";
import { PageHead } from "../../ui/Page";
import { SellerSelect } from "../../ui/people";
import { propose } from "./propose";

type Break = ItemOf<"/v1/breaks">;
const ways = ["refund_payer", "give_seller", "take"];

export default function BreaksPage() {
  const { t } = useWords();
  const money = useMoney();
  const { has } = useSession();
  const [at, setAt] = useState<Break | null>(null);
  const [how, setHow] = useState("");
  const kind = (b: Break) => t(`money.kind_${b.kind}`, { defaultValue: b.kind.replaceAll("_", " ") });
  return (
    <>
      <PageHead title={t("money.breaks")} lead={t("money.breaksLead")} />
      <DataTable
        name="breaks" path="/v1/breaks" rowKey={(b) => b.break_id} refetchInterval={30_000}
        filters={[{ key: "state", label: t("money.state"), kind: "choice", options: ["open", "resolved"].map((value) => ({ value, label: t(`st.${value}`) })) }]}
        empty={{ title: t("money.noBreaks"), text: t("money.noBreaksText") }}
        columns={[
          { key: "kind", title: t("money.kind"), value: (b) => b.kind, render: (b) => <span><b>{kind(b)}</b><br /><small className="c-soft">{b.note}</small></span> },
          { key: "state", title: t("money.state"), kind: "state", value: (b) => (b.is_open ? "open" : "resolved") },
          { key: "found", title: t("money.found"), kind: "time", value: (b) => b.found_at },
          { key: "payment", title: t("money.payment"), kind: "id", value: (b) => b.payment, to: (b) => `/payments/${b.payment}`, wide: true },
          { key: "resolution", title: t("money.resolution"), value: (b) => b.resolution, wide: true },
          { key: "amount", title: t("money.amount"), kind: "money", value: (b) => b.amount, currency: (b) => b.currency, signed: true },
        ]}
        actions={(b) => b.is_open && has("money") && <Button size="small" onClick={() => setAt(b)} data-test="resolve">{t("money.resolve")}</Button>}
      />
      <FormDrawer<{ how: string; seller?: string }>
        open={at !== null} onClose={() => setAt(null)} title={t("money.resolve")} lead={<>{at && <b>{kind(at)} · {money(at.amount, at.currency, true)}</b>}<br />{t("money.resolveLead")}</>} submit={t("money.propose")} done={t("money.proposedToast")}
        run={(v, key) => propose("break.resolve", { break_id: at!.break_id, how: v.how, ...(v.how === "give_seller" ? { seller: v.seller } : {}) }, key)}>
        {() => (
          <>
            <Field need name="how" label={t("money.how")}><Select onChange={setHow} options={ways.map((value) => ({ value, label: t(`money.${value}`, { defaultValue: value.replaceAll("_", " ") }) }))} data-test="how" /></Field>
            {how === "give_seller" && <Field need name="seller" label={t("money.seller")}><SellerSelect /></Field>}
          </>
        )}
      </FormDrawer>
    </>
  );
}
