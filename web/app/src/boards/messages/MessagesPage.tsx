// MessagesPage.tsx - news of one's orders, newest first. What came after the last visit is marked.
import { Empty, Failure, Loading, useList, useWords } from "@tael/shared";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Page } from "../../ui/Page";
import { Gate, ListEnd } from "../../ui/parts";
import { stepWords } from "../orders/OrderPage";
import { lastSeen, setSeen } from "./badge";

function iconOf(what: string): IconName {
  if (/parcel|shipped/.test(what)) return "truck";
  if (/delivered|completed/.test(what)) return "box";
  if (/cancelled|rejected|expired/.test(what)) return "close";
  if (/refund|return/.test(what)) return "back";
  return what.includes("paid") ? "check" : "bell";
}

function Messages() {
  const { t } = useWords();
  const show = useShow();
  const list = useList("/v1/messages", { limit: 40, refetchInterval: 10_000 });
  const [before] = useState(lastSeen);
  const newest = list.items[0]?.event;
  useEffect(() => {
    if (newest && newest > lastSeen()) setSeen(newest);
  }, [newest]);
  if (list.isPending) return <Loading lines={8} />;
  if (list.error && list.items.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  if (list.items.length === 0) return <Empty title={t("messages.emptyTitle")} text={t("messages.emptyText")} />;
  return (
    <>
      <ul className="card messages">
        {list.items.map((m) => (
          <li key={m.event}>
            <Link to={`/orders/${m.order}`}>
              <span className="round-icon small">
                <Icon name={iconOf(m.what)} size={18} />
              </span>
              <span className="statement-words">
                {t(stepWords(m.what), { defaultValue: m.what })}
                <small dir="auto">{m.shop_name || t("messages.whole")}</small>
              </span>
              {before !== "" && m.event > before && <span className="t-chip good">{t("messages.new")}</span>}
              <time dateTime={m.at}>{show.ago(m.at)}</time>
            </Link>
          </li>
        ))}
      </ul>
      <ListEnd list={list} />
    </>
  );
}

export default function MessagesPage() {
  const { t } = useWords();
  return (
    <Page title={t("messages.title")} back>
      <Gate scope="buy">
        <Messages />
      </Gate>
    </Page>
  );
}
