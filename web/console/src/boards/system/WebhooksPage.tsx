// WebhooksPage.tsx - where events are sent.
import { api, useWords } from "@tael/shared";
import { App, Button, Input, Typography } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";

export default function WebhooksPage() {
  const { t } = useWords();
  const { modal } = App.useApp();
  const [open, setOpen] = useState(false);
  const show = (secret: string) => void modal.success({ title: t("system.secretTitle"), content: <Typography.Text copyable code>{secret}</Typography.Text> });
  return (
    <>
      <PageHead title={t("system.webhooks")} lead={t("system.webhooksLead")}><Button type="primary" onClick={() => setOpen(true)}>{t("system.addHook")}</Button></PageHead>
      <DataTable name="webhooks" path="/v1/webhooks" rowKey={(w) => w.webhook} empty={{ title: t("system.noHooks"), text: t("system.noHooksText") }}
        columns={[{ key: "url", title: t("system.url"), value: (w) => w.url, to: (w) => `/webhooks/${w.webhook}` }, { key: "state", title: t("system.state"), kind: "state", value: (w) => w.state }, { key: "events", title: t("system.events"), value: (w) => w.events, render: (w) => <span className="c-mono">{w.events}</span> }, { key: "made", title: t("system.made"), kind: "time", value: (w) => w.created_at, wide: true }]}
        actions={(w) => (
          <>
            {w.state === "active" ? <><ActionButton size="small" run={(key) => api.post("/v1/webhooks/{whk}/ping", { path: { whk: w.webhook }, key })}>{t("system.ping")}</ActionButton><ActionButton size="small" run={(key) => api.post("/v1/webhooks/{whk}/disable", { path: { whk: w.webhook }, key })}>{t("system.disable")}</ActionButton></> : <ActionButton size="small" run={(key) => api.post("/v1/webhooks/{whk}/enable", { path: { whk: w.webhook }, key })}>{t("system.enable")}</ActionButton>}
            <ActionButton size="small" run={async (key) => show((await api.post("/v1/webhooks/{whk}/rotate", { path: { whk: w.webhook }, key })).secret)}>{t("system.rotate")}</ActionButton>
          </>
        )} />
      <FormDrawer<{ url: string; events: string }> open={open} onClose={() => setOpen(false)} title={t("system.addHook")} submit={t("system.addHook")} initial={{ events: "*" }} run={async (v, key) => show((await api.post("/v1/webhooks", { body: v, key })).secret)}>
        {() => <><Field need name="url" label={t("system.url")}><Input type="url" placeholder="https://" /></Field><Field need name="events" label={t("system.events")} extra={t("system.eventsHint")}><Input /></Field></>}
      </FormDrawer>
    </>
  );
}
