// FilterBar.tsx - the filters of a list, kept in the address so that a link or the back button brings them again, and the
// person's saved views of it.
import { CloseOutlined, FilterOutlined, SaveOutlined, StarOutlined } from "@ant-design/icons";
import { api, useList, useWords } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Dropdown, Input, Select } from "antd";
import dayjs from "dayjs";
import { useState, type ReactNode } from "react";
import { useSearchParams } from "react-router";

export type Filter = { key: string; label: string } & (
  | { kind: "choice"; options: { value: string; label: string }[] }
  | { kind: "day" }
  | { kind: "text"; hint?: string }
);

function Control(props: { filter: Filter; value: string; set: (value: string) => void }) {
  const { t } = useWords();
  const { filter: f, value, set } = props;
  if (f.kind === "choice") {
    return <Select aria-label={f.label} value={value || ""} onChange={set} options={[{ value: "", label: `${f.label}: ${t("table.any")}` }, ...f.options]} popupMatchSelectWidth={false} className="c-filter" />;
  }
  if (f.kind === "day") {
    return <DatePicker aria-label={f.label} placeholder={f.label} value={value ? dayjs(value) : null} onChange={(d) => set(d ? (Array.isArray(d) ? d[0]! : d).format("YYYY-MM-DD") : "")} className="c-filter" />;
  }
  return <Input.Search key={value} aria-label={f.label} placeholder={f.hint ?? f.label} defaultValue={value} onSearch={(v) => set(v.trim())} allowClear className="c-filter wide" />;
}

function Views(props: { name: string; now: Record<string, string>; apply: (query: Record<string, string>) => void }) {
  const { t } = useWords();
  const { modal, message } = App.useApp();
  const queries = useQueryClient();
  const views = useList("/v1/views", { query: { page: props.name } });
  const again = () => queries.invalidateQueries({ queryKey: ["/v1/views"] });
  const drop = async (view: string) => {
    await api.delete("/v1/views/{vew}", { path: { vew: view } });
    await again();
  };
  const save = () => {
    let name = "";
    void modal.confirm({
      title: t("table.saveView"), icon: null, okText: t("common.save"), cancelText: t("common.cancel"),
      content: <Input aria-label={t("table.viewName")} placeholder={t("table.viewName")} maxLength={60} autoFocus onChange={(e) => (name = e.target.value)} />,
      onOk: async () => {
        if (!name.trim()) throw new Error("");
        await api.post("/v1/views", { body: { page: props.name, name: name.trim(), query: props.now as never } });
        await again();
        void message.success(t("common.done"));
      },
    });
  };
  const items = views.items.map((v) => ({
    key: v.view,
    label: <span className="c-view">{v.name}<Button size="small" type="text" icon={<CloseOutlined />} aria-label={`${t("table.drop")} ${v.name}`} onClick={(e) => { e.stopPropagation(); void drop(v.view); }} /></span>,
    onClick: () => props.apply(v.query as unknown as Record<string, string>),
  }));
  const none = [{ key: "none", label: t("table.noViews"), disabled: true }];
  return (
    <Dropdown trigger={["click"]} menu={{ items: [...(items.length ? items : none), { type: "divider" }, { key: "save", icon: <SaveOutlined />, label: t("table.saveView"), onClick: save, disabled: Object.keys(props.now).length === 0 }] }}>
      <Button icon={<StarOutlined />} data-test="views">{t("table.views")}</Button>
    </Dropdown>
  );
}

export function FilterBar(props: { name: string; filters: Filter[]; children: ReactNode }) {
  const { t } = useWords();
  const [params, setParams] = useSearchParams();
  const [open, setOpen] = useState(false);
  const now = Object.fromEntries(props.filters.map((f) => [f.key, params.get(f.key) ?? ""]).filter(([, v]) => v)) as Record<string, string>;
  const apply = (query: Record<string, string>) => {
    const next = new URLSearchParams(params);
    for (const f of props.filters) next.delete(f.key);
    for (const [key, value] of Object.entries(query)) if (value) next.set(key, value);
    setParams(next, { replace: true });
  };
  const chosen = Object.keys(now).length;
  return (
    <div className="c-filters">
      {props.filters.length > 0 && (
        <>
          <Button className="c-filters-toggle" icon={<FilterOutlined />} aria-expanded={open} onClick={() => setOpen(!open)}>{t("table.filters")}{chosen > 0 ? ` (${chosen})` : ""}</Button>
          <div className={open ? "c-filters-list open" : "c-filters-list"}>
            {props.filters.map((f) => <Control key={f.key} filter={f} value={now[f.key] ?? ""} set={(v) => apply({ ...now, [f.key]: v })} />)}
            {chosen > 0 && <Button type="link" onClick={() => apply({})}>{t("table.clear")}</Button>}
          </div>
        </>
      )}
      <span className="c-space" />
      {props.filters.length > 0 && <Views name={props.name} now={now} apply={apply} />}
      {props.children}
    </div>
  );
}
