// Latest.tsx - the newest orders, on the dashboard.
import { Empty, Failure, Loading, useList, useWords } from "@tael/shared";
import { Link } from "react-router";
import { useAgo, useMoney } from "../../ui/market";
import { Id, Sheet, State } from "../../ui/Page";
import { Rows } from "../../ui/Rows";

export default function Latest() {
  const { t } = useWords();
  const money = useMoney(), ago = useAgo();
  const list = useList("/v1/orders", { limit: 8 });
  return (
    <Sheet title={t("orders.latest")} aside={<Link to="/orders">{t("orders.all")}</Link>} flush>
      {list.isPending ? <Loading /> : list.error ? <Failure error={list.error} /> : list.items.length === 0 ? <Empty /> : (
        <Rows rows={list.items.slice(0, 8)} rowKey={(o) => o.order} columns={[
          { title: t("orders.order"), of: (o) => <Id of={o.order} to={`/orders/${o.order}`} /> }, { title: t("orders.state"), of: (o) => <State of={o.state} /> },
          { title: t("orders.placed"), of: (o) => <time dateTime={o.placed_at}>{ago(o.placed_at)}</time> }, { title: t("orders.total"), of: (o) => <span className="t-money">{money(o.total, o.currency)}</span>, right: true }]} />
      )}
    </Sheet>
  );
}
