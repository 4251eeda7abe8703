// ToSendTile.tsx - paid orders that wait to be sent.
import { Empty, Loading, useList, useWords } from "@tael/shared";
import { Link } from "react-router";
import { useMoney } from "../../ui/market";
import { Id, Sheet, State } from "../../ui/Page";

export default function ToSendTile() {
  const { t } = useWords();
  const money = useMoney();
  const list = useList("/v1/child-orders", { query: { state: "paid" }, limit: 6 });
  return (
    <Sheet title={t("merchant.toSend")} aside={<Link to="/sales?state=paid">{t("merchant.all")}</Link>}>
      {list.isPending ? <Loading /> : list.items.length === 0 ? <Empty title={t("merchant.noToSend")} text={t("merchant.noToSendText")} /> : (
        <ul className="c-list">{list.items.slice(0, 6).map((c) => <li key={c.child}><Id of={c.child} to={`/sales/${c.order}/${c.child}`} /><span className="c-row"><State of={c.state} /><b className="t-money">{money(c.total)}</b></span></li>)}</ul>
      )}
    </Sheet>
  );
}
