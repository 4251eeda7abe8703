// BreaksPage.tsx - what did not fit, and what is proposed to become of it.
import { api, dateTime, useSession, useWords, type ItemOf } from "@tael/shared";
import { Button, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { useAgo, useMoney } from "../../ui/market";
import { Id, PageHead } from "../../ui/Page";
import { SellerSelect } from "../../ui/people";
import { propose } from "./propose";

type Break = ItemOf<"/v1/breaks">;
const ways = ["refund_payer", "give_seller", "take"];
const in_suspense = ["difference", "channel_amount", "unmatched", "remit_amount"];

// What is too little, or lies in no suspense account, can only be taken.
function waysOf(b: Break): string[] {
  if (!in_suspense.includes(b.kind) || b.amount < 0) return ["take"];
  return b.payment ? ways : ways.filter((w) => w !== "refund_payer");
}

// What was found, in the reader's language; day and reference of a settlement file stand in the note.
function noteOf(b: Break, t: (name: string, values: Record<string, string>) => string): string {
  const on = /\d{4}-\d\d-\d\d/.exec(b.note)?.[0] ?? "", ref = /"([^"]*)"|(att_\w+)/.exec(b.note);
  return t(`money.note_${b.kind}`, { defaultValue: b.note, on, ref: ref?.[1] ?? ref?.[2] ?? "" });
}

export default function BreaksPage() {
  const { t, locale } = useWords();
  const money = useMoney(), ago = useAgo();
  const { has, me } = useSession();
  const [at, setAt] = useState<Break | null>(null);
  const [how, setHow] = useState("");
  const kind = (b: Break) => t(`money.kind_${b.kind}`, { defaultValue: b.kind.replaceAll("_", " ") });
  return (
    <>
      <PageHead title={t("money.breaks")} lead={t("money.breaksLead")} />
      <DataTable
        name="breaks" path="/v1/breaks" rowKey={(b) => b.break} refetchInterval={30_000}
        filters={[{ key: "state", label: t("money.state"), kind: "choice", options: ["open", "resolved"].map((value) => ({ value, label: t(`st.${value}`) })) }]}
        empty={{ title: t("money.noBreaks"), text: t("money.noBreaksText") }}
        columns={[
          { key: "kind", title: t("money.kind"), value: (b) => b.kind, render: (b) => <span><b>{kind(b)}</b><br /><small className="c-soft">{noteOf(b, t)}</small></span> },
          { key: "state", title: t("money.state"), kind: "state", value: (b) => (b.is_open ? "open" : "resolved") },
          { key: "found", title: t("money.found"), value: (b) => b.found_at, render: (b) => <time dateTime={b.found_at} title={dateTime(b.found_at, locale)}>{ago(b.found_at)}</time> },
          { key: "owner", title: t("money.owner"), value: (b) => b.owner, render: (b) => (b.owner === me?.user.user ? <b>{t("money.you")}</b> : b.owner ? <Id of={b.owner} to={`/users?user=${b.owner}`} /> : b.is_open ? <span className="c-soft">{t("money.nobody")}</span> : "–") },
          { key: "payment", title: t("money.payment"), kind: "id", value: (b) => b.payment, to: (b) => `/payments/${b.payment}`, wide: true },
          { key: "resolution", title: t("money.resolution"), value: (b) => b.resolution && t(`money.${b.resolution}`, { defaultValue: b.resolution }), wide: true },
          { key: "amount", title: t("money.amount"), kind: "money", value: (b) => b.amount, currency: (b) => b.currency, signed: true },
        ]}
        actions={(b) => b.is_open && (
          <>
            {has("operate") && b.owner !== me?.user.user && <ActionButton size="small" run={(key) => api.post("/v1/breaks/{brk}/claim", { path: { brk: b.break }, key })} test="claim">{t("money.claim")}</ActionButton>}
            {has("money") && <Button size="small" type="primary" onClick={() => { setHow(""); setAt(b); }} data-test="resolve">{t("money.resolve")}</Button>}
          </>
        )}
      />
      <FormDrawer<{ how: string; seller?: string }>
        open={at !== null} onClose={() => setAt(null)} title={t("money.resolve")} lead={<>{at && <b>{kind(at)} · {money(at.amount, at.currency, true)}</b>}<br />{t("money.resolveLead")}</>} submit={t("money.propose")} done={t("money.proposedToast")}
        run={(v, key) => propose("break.resolve", { break: at!.break, how: v.how, ...(v.how === "give_seller" ? { seller: v.seller } : {}) }, key)}>
        {() => (
          <>
            <Field need name="how" label={t("money.how")}><Select onChange={setHow} options={(at ? waysOf(at) : ways).map((value) => ({ value, label: t(`money.${value}`, { defaultValue: value.replaceAll("_", " ") }) }))} data-test="how" /></Field>
            {how === "give_seller" && <Field need name="seller" label={t("money.seller")}><SellerSelect /></Field>}
          </>
        )}
      </FormDrawer>
    </>
  );
}
