// ChannelsPage.tsx - outside channels: added, switched on and off.
import { api, useSession, useWords } from "@tael/shared";
import { Button, Input, Switch } from "antd";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { ActionButton, Field, FormDrawer } from "../../ui/form";
import { PageHead } from "../../ui/Page";

type New = { name: string; url: string; auto_capture: boolean };

export default function ChannelsPage() {
  const { t } = useWords();
  const { has } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <>
      <PageHead title={t("money.channels")} lead={t("money.channelsLead")}>{has("money") && <Button type="primary" onClick={() => setOpen(true)}>{t("money.add")}</Button>}</PageHead>
      <DataTable
        name="channels" path="/v1/channels" rowKey={(c) => c.channel} empty={{ title: t("money.noChannels"), text: t("money.noChannelsText") }}
        columns={[
          { key: "name", title: t("money.name"), value: (c) => c.name, render: (c) => <b>{c.name}</b> },
          { key: "enabled", title: t("money.state"), kind: "state", value: (c) => (c.enabled ? "on" : "off") },
          { key: "kind", title: t("money.kind"), value: (c) => c.kind },
          { key: "url", title: t("money.url"), value: (c) => c.url, render: (c) => <span className="c-mono">{c.url}</span>, wide: true },
          { key: "capture", title: t("money.capture"), value: (c) => t(c.auto_capture ? "money.yes" : "money.no") },
        ]}
        actions={(c) => has("money") && <ActionButton size="small" run={(key) => api.post("/v1/channels/{chn}/switch", { path: { chn: c.channel }, body: { enabled: !c.enabled }, key })}>{t(c.enabled ? "money.switchOff" : "money.switchOn")}</ActionButton>}
      />
      <FormDrawer<New> open={open} onClose={() => setOpen(false)} title={t("money.add")} lead={t("money.addLead")} submit={t("money.add")} initial={{ auto_capture: true }} run={(v, key) => api.post("/v1/channels", { body: { ...v, kind: "bank-sim" }, key })}>
        {() => <><Field need name="name" label={t("money.name")}><Input maxLength={60} /></Field><Field need name="url" label={t("money.url")}><Input type="url" /></Field><Field name="auto_capture" label={t("money.capture")} valuePropName="checked"><Switch /></Field></>}
      </FormDrawer>
    </>
  );
}
