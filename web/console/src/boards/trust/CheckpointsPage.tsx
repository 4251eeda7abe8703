// CheckpointsPage.tsx - signed heads of the hash chains, to be kept elsewhere.
import { api, useSession, useWords } from "@tael/shared";
import { App, Button } from "antd";
import { DataTable } from "../../ui/DataTable";
import { ActionButton } from "../../ui/form";
import { PageHead } from "../../ui/Page";

export default function CheckpointsPage() {
  const { t } = useWords();
  const { has } = useSession();
  const { message } = App.useApp();
  const copy = (of: unknown) => void navigator.clipboard?.writeText(JSON.stringify(of)).then(() => message.success(t("common.copied")));
  return (
    <>
      <PageHead title={t("trust.checkpoints")} lead={t("trust.checkpointsLead")}>{has("operate") && <ActionButton primary run={(key) => api.post("/v1/checkpoints", { key })}>{t("trust.seal")}</ActionButton>}</PageHead>
      <DataTable name="checkpoints" path="/v1/checkpoints" rowKey={(c) => c.checkpoint} empty={{ title: t("trust.noCheckpoints"), text: t("trust.noCheckpointsText") }}
        columns={[{ key: "id", title: t("trust.checkpoints"), kind: "id", value: (c) => c.checkpoint }, { key: "at", title: t("trust.at"), kind: "time", value: (c) => c.at }, { key: "signature", title: t("trust.signature"), value: (c) => c.signature, render: (c) => <span className="c-mono c-clip">{c.signature}</span> }, { key: "key", title: t("trust.key"), value: (c) => c.public_key, render: (c) => <span className="c-mono c-clip">{c.public_key}</span>, wide: true }]}
        actions={(c) => <Button size="small" onClick={() => copy(c)}>{t("trust.copy")}</Button>} />
    </>
  );
}
