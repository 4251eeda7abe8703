// actions.tsx - what a buyer can still do with an order: cancel, confirm, ask for a return, review. Each is one action
// with one key, asks before it happens, and says what became of it.
import { api, fieldError, sentence, useAction, useWords, type Schema } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Icon } from "../../ui/Icon";
import { Button, Field, Sheet, Stepper, useTitle } from "../../ui/parts";
import { toast } from "../../ui/toast";

type Order = Schema<"Order">;
type Child = Schema<"ChildOrder">;
type Line = Schema<"OrderLine">;

// Runs, reads everything again, tells; true when it was done.
function useDo<A extends unknown[]>(run: (key: string, ...args: A) => Promise<unknown>, said: string) {
  const { t } = useWords();
  const queries = useQueryClient(), action = useAction(run);
  return {
    busy: action.busy,
    error: action.error,
    async go(...args: A): Promise<boolean> {
      try {
        await action.start(...args);
      } catch (e) {
        toast(sentence(t, e));
        return false;
      }
      toast(said, true);
      await queries.invalidateQueries();
      return true;
    },
  };
}

export function CancelOrder(props: { order: Order }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false), [reason, setReason] = useState("");
  const ord = props.order.order;
  const cancel = useDo((key) => api.post("/v1/orders/{ord}/cancel", { path: { ord }, body: { reason }, key }), t("orders.cancelled"));
  return (
    <>
      <Button quiet onClick={() => setOpen(true)}>
        {t("orders.cancel")}
      </Button>
      <Sheet open={open} title={t("orders.cancelTitle")} onClose={() => setOpen(false)}>
        <div className="form">
          <p>{t("orders.cancelText")}</p>
          <Field label={t("orders.reason")}>{(id) => <input id={id} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />}</Field>
          <div className="two">
            <Button quiet onClick={() => setOpen(false)}>
              {t("orders.keep")}
            </Button>
            <Button busy={cancel.busy} onClick={() => void cancel.go().then((done) => done && setOpen(false))}>
              {t("orders.cancel")}
            </Button>
          </div>
        </div>
      </Sheet>
    </>
  );
}

export function ConfirmArrival(props: { order: string; child: Child }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const path = { ord: props.order, cho: props.child.child };
  const confirm = useDo((key) => api.post("/v1/orders/{ord}/child-orders/{cho}/confirm", { path, key }), t("orders.confirmed"));
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("orders.confirm")}</Button>
      <Sheet open={open} title={t("orders.confirmTitle")} onClose={() => setOpen(false)}>
        <div className="form">
          <p>{t("orders.confirmText")}</p>
          <div className="two">
            <Button quiet onClick={() => setOpen(false)}>
              {t("common.cancel")}
            </Button>
            <Button busy={confirm.busy} onClick={() => void confirm.go().then((done) => done && setOpen(false))}>
              {t("orders.confirm")}
            </Button>
          </div>
        </div>
      </Sheet>
    </>
  );
}

export function ReturnGoods(props: { order: string; child: Child }) {
  const { t } = useWords();
  const title = useTitle();
  const [open, setOpen] = useState(false), [reason, setReason] = useState(""), [many, setMany] = useState<Record<string, number>>({});
  const path = { ord: props.order, cho: props.child.child };
  const left = props.child.lines.filter((l) => l.quantity > l.returned_quantity);
  const lines = left.flatMap((l) => (many[l.line] ? [{ line: l.line, quantity: many[l.line]! }] : []));
  const ask = useDo((key) => api.post("/v1/orders/{ord}/child-orders/{cho}/returns", { path, body: { lines, reason }, key }), t("orders.returnSent"));
  if (left.length === 0) return null;
  return (
    <>
      <Button quiet onClick={() => setOpen(true)}>
        {t("orders.return")}
      </Button>
      <Sheet open={open} title={t("orders.returnTitle")} onClose={() => setOpen(false)}>
        <div className="form">
          <p>{t("orders.returnText")}</p>
          {left.map((l) => (
            <div className="return-line" key={l.line}>
              <span dir="auto">{title(l.title)}</span>
              <Stepper label={`${t("orders.howMany")}: ${title(l.title)}`} value={many[l.line] ?? 0} max={l.quantity - l.returned_quantity} onChange={(n) => setMany({ ...many, [l.line]: n })} />
            </div>
          ))}
          <Field label={t("orders.reason")} error={fieldError(ask.error, "/reason")}>
            {(id, d) => <textarea id={id} aria-describedby={d} rows={2} maxLength={500} value={reason} onChange={(e) => setReason(e.target.value)} />}
          </Field>
          <Button wide busy={ask.busy} disabled={lines.length === 0} onClick={() => void ask.go().then((done) => done && setOpen(false))}>
            {t("orders.returnSend")}
          </Button>
        </div>
      </Sheet>
    </>
  );
}

export function ReviewLine(props: { order: string; line: Line }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false), [rating, setRating] = useState(5), [head, setHead] = useState(""), [text, setText] = useState("");
  const publish = useDo(
    (key) => api.post("/v1/orders/{ord}/reviews", { path: { ord: props.order }, body: { line: props.line.line, rating, title: head, text }, key }),
    t("orders.reviewSent"),
  );
  if (props.line.review) return <span className="t-chip calm">{t("orders.reviewed")}</span>;
  return (
    <>
      <button type="button" className="link-button" onClick={() => setOpen(true)}>
        {t("orders.review")}
      </button>
      <Sheet open={open} title={t("orders.reviewTitle")} onClose={() => setOpen(false)}>
        <div className="form">
          <div className="rate" role="radiogroup" aria-label={t("orders.reviewTitle")}>
            {[1, 2, 3, 4, 5].map((n) => (
              <button key={n} type="button" role="radio" aria-checked={n === rating} aria-label={t("orders.stars", { count: n })} className={n <= rating ? "on" : ""} onClick={() => setRating(n)}>
                <Icon name="star" size={34} filled />
              </button>
            ))}
          </div>
          <Field label={t("orders.reviewHead")}>{(id) => <input id={id} maxLength={120} value={head} onChange={(e) => setHead(e.target.value)} />}</Field>
          <Field label={t("orders.reviewText")} error={fieldError(publish.error, "/text")}>
            {(id, d) => <textarea id={id} aria-describedby={d} rows={4} maxLength={4000} value={text} onChange={(e) => setText(e.target.value)} />}
          </Field>
          <Button wide busy={publish.busy} onClick={() => void publish.go().then((done) => done && setOpen(false))}>
            {t("orders.reviewSend")}
          </Button>
        </div>
      </Sheet>
    </>
  );
}
