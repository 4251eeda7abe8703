// JobsPage.tsx - jobs, when they last ran and what they said; run for a date on demand.
import { api, dateTime, day, Failure, Loading, useList, useSession, useWords, type ItemOf } from "@tael/shared";
import { Button, DatePicker, Drawer } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { DataTable } from "../../ui/DataTable";
import { Field, FormDrawer } from "../../ui/form";
import { useMarket } from "../../ui/market";
import { Figure, Figures, PageHead } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

type Job = ItemOf<"/v1/jobs">;

// A job's figures, {"sessions":0} or files=1 breaks=0, as a person reads them: "sessions 0", "files 1 · breaks 0".
const said = (report: string | undefined) => (report ?? "").replace(/[{}"]/g, "").replace(/,|\s(?=\w+=)/g, " · ").replace(/[=:]/g, " ").replaceAll("_", " ");

function Runs(props: { job: string }) {
  const { t, locale } = useWords();
  const list = useList("/v1/jobs/{text}/runs", { path: { text: props.job }, limit: 100 });
  if (list.isPending) return <Loading />;
  if (list.error) return <Failure error={list.error} />;
  return <Rows rows={list.items} rowKey={(r) => String(r.slot)} columns={[{ title: t("system.date"), of: (r) => (r.business_date ? day(r.business_date, locale) : "") }, { title: t("system.last"), of: (r) => dateTime(r.at, locale) }, { title: t("system.report"), of: (r) => said(r.report) }]} />;
}

export default function JobsPage() {
  const { t, locale } = useWords();
  const { has } = useSession();
  const market = useMarket();
  const [runs, setRuns] = useState<Job | null>(null), [at, setAt] = useState<Job | null>(null);
  const every = (s: number) => {
    if (!s) return t("system.daily");
    if (s % 3600 === 0) return t("system.hours", { n: s / 3600 });
    return s % 60 === 0 ? t("system.minutes", { n: s / 60 }) : t("system.seconds", { n: s });
  };
  return (
    <>
      <PageHead title={t("system.jobs")} lead={t("system.jobsLead")} />
      <Figures><Figure name={t("console.businessDate")} value={day(market.business_date, locale)} /><Figure name={t("system.now")} value={<span style={{ fontSize: 17 }}>{dateTime(market.now, locale)}</span>} /></Figures>
      <DataTable name="jobs" path="/v1/jobs" rowKey={(j) => j.name} refetchInterval={30_000}
        columns={[{ key: "name", title: t("system.job"), value: (j) => j.name, render: (j) => <span><b className="c-mono">{j.name}</b><br /><small className="c-soft">{t(`system/does/${j.name}`, { keySeparator: "/", defaultValue: j.doc })}</small></span> }, { key: "every", title: t("system.every"), value: (j) => every(j.every_s) }, { key: "last", title: t("system.last"), kind: "time", value: (j) => j.last_at }, { key: "report", title: t("system.report"), value: (j) => said(j.last_report), wide: true }]}
        actions={(j) => <><Button size="small" onClick={() => setRuns(j)}>{t("system.runs")}</Button>{has("operate") && <Button size="small" onClick={() => setAt(j)}>{t("system.runNow")}</Button>}</>} />
      <Drawer open={runs !== null} onClose={() => setRuns(null)} title={`${t("system.runs")} · ${runs?.name ?? ""}`} size={620} styles={{ body: { padding: 0 } }}>{runs && <Runs job={runs.name} />}</Drawer>
      <FormDrawer<{ business_date: Dayjs }> open={at !== null} onClose={() => setAt(null)} title={`${t("system.runFor")} · ${at?.name ?? ""}`} lead={t("system.runHint")} submit={t("system.runNow")} initial={{ business_date: dayjs(market.business_date) }} run={(v, key) => api.post("/v1/jobs/{text}/run", { path: { text: at!.name }, body: { business_date: v.business_date.format("YYYY-MM-DD") }, key })}>
        {() => <Field need name="business_date" label={t("system.date")}><DatePicker style={{ width: "100%" }} /></Field>}
      </FormDrawer>
    </>
  );
}
