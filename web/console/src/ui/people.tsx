// people.tsx - names for ids: organisations by name, and a field to choose a merchant by it.
import { api, useWords } from "@tael/shared";
import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { Id } from "./Page";

async function allTenants() {
  const names = new Map<string, { name: string; kind: string }>();
  let after = "";
  do {
    const page = await api.get("/v1/tenants", { query: { limit: 200, after } });
    for (const x of page.items) names.set(x.tenant, { name: x.name, kind: x.kind });
    after = page.next ?? "";
  } while (after && names.size < 5000);
  return names;
}

export const useTenants = () => useQuery({ queryKey: ["tenants"], queryFn: allTenants, staleTime: 300_000 });

export function TenantName(props: { of: string }) {
  const { data } = useTenants();
  const found = data?.get(props.of);
  return found ? <span title={props.of}>{found.name}</span> : <Id of={props.of} />;
}

export function SellerSelect(props: { value?: string; onChange?: (v: string) => void; id?: string }) {
  const { t } = useWords();
  const { data } = useTenants();
  const options = [...(data ?? [])].filter(([, x]) => x.kind === "seller").map(([value, x]) => ({ value, label: x.name }));
  return <Select {...(props.id ? { id: props.id } : {})} showSearch={{ optionFilterProp: "label" }} value={props.value} onChange={props.onChange} options={options} placeholder={t("common.search")} data-test="seller" />;
}
