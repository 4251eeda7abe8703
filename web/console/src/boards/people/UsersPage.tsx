// UsersPage.tsx - all users: roles, freezes, new ones.
import { api, useSession, useWords, type ItemOf } from "@tael/shared";
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";
import { SellerSelect, TenantName } from "../../ui/people";

type User = ItemOf<"/v1/users">;
const kinds = ["buyer", "seller", "operator", "supervisor", "institution"], states = ["active", "frozen", "erased"];
const roles = ["buyer", "seller", "seller_clerk", "operator", "operator_clerk", "supervisor", "institution"];

export default function UsersPage() {
  const { t } = useWords();
  const { has, me } = useSession();
  const [open, setOpen] = useState(false), [at, setAt] = useState<User | null>(null), [role, setRole] = useState("");
  const choice = (values: string[]) => values.map((value) => ({ value, label: t(`st.${value}`) }));
  const needs_tenant = role === "seller" || role === "seller_clerk" || role === "institution";
  return (
    <>
      <PageHead title={t("people.users")} lead={t("people.usersLead")}>{has("operate") && <Button type="primary" onClick={() => setOpen(true)}>{t("people.add")}</Button>}</PageHead>
      <DataTable
        name="users" path="/v1/users" rowKey={(u) => u.user}
        filters={[{ key: "kind", label: t("people.kind"), kind: "choice", options: choice(kinds) }, { key: "state", label: t("people.state"), kind: "choice", options: choice(states) }, { key: "user", label: t("people.one"), kind: "text", hint: `${t("people.one")}: usr_…` }, { key: "tenant", label: t("people.organisation"), kind: "text", hint: `${t("people.organisation")}: ten_…` }]}
        columns={[
          { key: "name", title: t("people.name"), value: (u) => u.name, render: (u) => <span><b>{u.name || "–"}</b><br /><small className="c-soft">{u.email}</small></span> }, { key: "role", title: t("people.role"), value: (u) => u.role, render: (u) => t(`st.${u.role}`) },
          { key: "state", title: t("people.state"), kind: "state", value: (u) => u.state }, { key: "tenant", title: t("people.organisation"), value: (u) => u.tenant, render: (u) => <TenantName of={u.tenant} />, wide: true }, { key: "since", title: t("people.since"), kind: "time", value: (u) => u.created_at, wide: true }, { key: "user", title: t("people.one"), kind: "id", value: (u) => u.user, wide: true }]}
        actions={(u) => has("operate") && u.user !== me?.user.user && u.state !== "erased" && (
          <>
            <Button size="small" onClick={() => setAt(u)}>{t("people.setRole")}</Button>
            {u.state === "frozen"
              ? <ActionButton size="small" run={(key) => api.post("/v1/users/{usr}/unfreeze", { path: { usr: u.user }, body: {}, key } as never)}>{t("people.unfreeze")}</ActionButton>
              : <ActionButton size="small" danger ask={t("people.askFreeze")} run={(key) => api.post("/v1/users/{usr}/freeze", { path: { usr: u.user }, body: {}, key } as never)}>{t("people.freeze")}</ActionButton>}
          </>
        )}
      />
      <FormDrawer<{ role: string }> open={at !== null} onClose={() => setAt(null)} title={`${t("people.change")} · ${at?.name ?? ""}`} submit={t("common.save")} {...(at ? { initial: { role: at.role } } : {})} run={(v, key) => api.put("/v1/users/{usr}/role", { path: { usr: at!.user }, body: { role: v.role as never }, key })}>
        {() => <Field need name="role" label={t("people.role")}><Select options={choice(roles)} /></Field>}
      </FormDrawer>
      <FormDrawer<{ role: string; tenant?: string; name: string; email: string; password: string }> open={open} onClose={() => setOpen(false)} title={t("people.add")} submit={t("people.add")} run={(v, key) => api.post("/v1/users", { body: v as never, key })}>
        {() => (
          <>
            <Field need name="role" label={t("people.role")}><Select onChange={setRole} options={choice(roles)} /></Field>
            {needs_tenant && <Field need name="tenant" label={t("people.organisation")}><SellerSelect /></Field>}
            <Field need name="name" label={t("people.name")}><Input maxLength={100} /></Field>
            <Field need name="email" label={t("people.email")}><Input type="email" /></Field>
            <Field need name="password" label={t("people.password")} extra={t("people.passwordHint")}><Input.Password autoComplete="new-password" /></Field>
          </>
        )}
      </FormDrawer>
    </>
  );
}
