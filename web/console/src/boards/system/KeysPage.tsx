// KeysPage.tsx - API keys of one's organisation; a new one's secret is shown once.
import { api, useSession, useWords } from "@tael/shared";
import { App, Button, Input, Select, Typography } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";

export default function KeysPage() {
  const { t } = useWords();
  const { modal } = App.useApp();
  const { me } = useSession();
  const [open, setOpen] = useState(false);
  const scopes = (me?.scopes ?? "").split(/\s+/).filter((s) => s && s !== "public");
  const make = async (v: { name: string; scopes: string[] }, key: string) => {
    const made = await api.post("/v1/api-keys", { body: { name: v.name, scopes: v.scopes.join(" ") }, key });
    void modal.success({ title: t("system.secretTitle"), content: <><p>{t("system.secretText")}</p><Typography.Text copyable code>{made.secret}</Typography.Text></> });
  };
  return (
    <>
      <PageHead title={t("system.keys")} lead={t("system.keysLead")}><Button type="primary" onClick={() => setOpen(true)}>{t("system.make")}</Button></PageHead>
      <DataTable name="keys" path="/v1/api-keys" rowKey={(k) => k.key} empty={{ title: t("system.noKeys"), text: t("system.noKeysText") }}
        columns={[{ key: "name", title: t("system.name"), value: (k) => k.name, render: (k) => <b>{k.name}</b> }, { key: "state", title: t("system.state"), kind: "state", value: (k) => (k.revoked_at ? "revoked" : "active") }, { key: "scopes", title: t("system.scopes"), value: (k) => k.scopes, render: (k) => <span className="c-mono">{k.scopes}</span> }, { key: "made", title: t("system.made"), kind: "time", value: (k) => k.created_at, wide: true }, { key: "expires", title: t("system.expires"), kind: "time", value: (k) => k.expires_at, wide: true }]}
        actions={(k) => !k.revoked_at && <ActionButton size="small" danger ask={t("system.askRevoke")} run={(key) => api.delete("/v1/api-keys/{key}", { path: { key: k.key }, key } as never)}>{t("system.revoke")}</ActionButton>} />
      <FormDrawer<{ name: string; scopes: string[] }> open={open} onClose={() => setOpen(false)} title={t("system.make")} submit={t("system.make")} run={make}>
        {() => <><Field need name="name" label={t("system.name")}><Input maxLength={100} /></Field><Field need name="scopes" label={t("system.scopes")}><Select mode="multiple" options={scopes.map((value) => ({ value, label: value }))} /></Field></>}
      </FormDrawer>
    </>
  );
}
