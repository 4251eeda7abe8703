// CashierPage.tsx - how an order is paid: voucher, credit, wallet, and a channel for the rest. The server's quote says
// what each of them pays; what is shown is what is sent, so that consent is given to the exact result.
import { api, Empty, Failure, fieldError, inTongue, isUnanswered, Loading, sentence, useList, useOnline, useSession, useWords, type Schema } from "@tael/shared";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page, Row } from "../../ui/Page";
import { Button, Field, filled, Gate } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { Instrument, newInstrument, useInstrument, useMethodName } from "./Instrument";
import { Outcome } from "./Outcome";
import { useCart } from "./useCart";
import { useCheckout } from "./useCheckout";

type Quote = Schema<"Quote">;
type Choice = { voucher: string; campaign: string; wallet: boolean };

function Way(props: { icon: IconName; title: string; note?: string; amount?: string; children?: ReactNode; control?: ReactNode }) {
  return (
    <div className="way">
      <span className="round-icon small">
        <Icon name={props.icon} size={20} />
      </span>
      <div className="way-words">
        <strong>{props.title}</strong>
        {props.note && <small>{props.note}</small>}
      </div>
      {props.amount && <span className="way-amount t-money">{props.amount}</span>}
      {props.control}
      {props.children && <div className="way-more">{props.children}</div>}
    </div>
  );
}

function Voucher(props: { quote: Quote; code: string; onUse: (code: string) => void }) {
  const { t } = useWords();
  const show = useShow();
  const [text, setText] = useState(props.code);
  const { quote, code } = props;
  const refused = code && quote.voucher_refused ? t(`cart.${quote.voucher_refused}`) : undefined;
  const is_used = code !== "" && !refused && quote.voucher > 0;
  function use(e: FormEvent) {
    e.preventDefault();
    props.onUse(text.trim());
  }
  return (
    <Way icon="gift" title={t("cart.voucher")} amount={is_used ? `−${show.money(quote.voucher)}` : undefined}>
      {is_used ? (
        <p className="used">
          <code dir="auto">{code}</code>
          <button type="button" className="link-button" onClick={() => props.onUse("")}>
            {t("cart.drop")}
          </button>
          {quote.lapses > 0 && <small>{t("cart.lapses", { amount: show.money(quote.lapses) })}</small>}
        </p>
      ) : (
        <form className="inline-form" onSubmit={use}>
          <Field label={t("cart.voucherCode")} error={refused}>
            {(id, d) => <input id={id} aria-describedby={d} autoComplete="off" autoCapitalize="characters" maxLength={64} value={text} onChange={(e) => setText(e.target.value)} />}
          </Field>
          <Button quiet submit disabled={text.trim() === ""}>
            {t("cart.use")}
          </Button>
        </form>
      )}
    </Way>
  );
}

function Credit(props: { quote: Quote; campaign: string; onChoose: (campaign: string) => void }) {
  const { t, lang } = useWords();
  const show = useShow();
  const { items } = useList("/v1/promotions");
  if (items.length === 0) return null;
  return (
    <Way icon="spark" title={t("cart.credit")} amount={props.quote.credit > 0 ? `−${show.money(props.quote.credit)}` : undefined}>
      <div className="choices">
        {[{ campaign: "", name: t("cart.noCredit"), per_order_max: 0 }, ...items].map((p) => (
          <label key={p.campaign} className={p.campaign === props.campaign ? "choice on" : "choice"}>
            <input type="radio" name="campaign" checked={p.campaign === props.campaign} onChange={() => props.onChoose(p.campaign)} />
            <span dir="auto">{inTongue(p.name, lang)}</span>
            {p.per_order_max > 0 && <small>{t("goods.promo", { amount: show.money(p.per_order_max) })}</small>}
          </label>
        ))}
      </div>
    </Way>
  );
}

// The quote's tenders as a checkout takes them: only the members each kind has.
function tendersOf(quote: Quote) {
  return quote.tenders.map((x) => ({
    kind: x.kind,
    amount: x.amount,
    ...(x.voucher_code ? { voucher_code: x.voucher_code } : {}),
    ...(x.campaign ? { campaign: x.campaign } : {}),
  }));
}

function Result(props: { quote: Quote; code: string; by: string }) {
  const { t, locale } = useWords();
  const show = useShow();
  const { quote: q } = props;
  const parts: [number, string][] = [
    [q.voucher, t("cart.fromVoucher", { code: props.code })],
    [q.credit, t("cart.fromCredit")],
    [q.balance, t("cart.fromWallet")],
    [q.rest, props.by],
  ];
  return (
    <>
      {q.children.map((c) => (
        <Row key={c.shop} label={<span dir="auto">{c.shop_name}</span>} value={show.money(c.total)} tone="soft" />
      ))}
      <Row label={t("cart.items")} value={show.money(q.items_total)} />
      <Row label={t("cart.freight")} value={show.money(q.freight)} />
      <Row label={t("cart.total")} value={show.money(q.total)} strong />
      <div className="tenders">
        {parts
          .filter(([amount]) => amount > 0)
          .map(([amount, words]) => (
            <Row key={words} label={words} value={show.money(amount)} tone="good" />
          ))}
      </div>
      {q.points > 0 && <Row label={t("cart.earns")} value={t("cart.points", { count: q.points, formatted: q.points.toLocaleString(locale) })} tone="soft" />}
    </>
  );
}

function Checkout(props: { cart: Schema<"Cart">; pay: ReturnType<typeof useCheckout>; onOrder: (order: string) => void }) {
  const { t } = useWords();
  const show = useShow(), { me } = useSession(), methodName = useMethodName();
  const { pay } = props;
  const [choice, setChoice] = useState<Choice>({ voucher: "", campaign: "", wallet: true });
  const [instrument, setInstrument] = useState(newInstrument), ready = useInstrument(instrument);
  const [to, setTo] = useState({ name: me?.user.name ?? "", phone: me?.user.phone ?? "", address: me?.user.address ?? "" });
  const [remember, setRemember] = useState(true), [note, setNote] = useState(""), [tried, setTried] = useState(false);
  const cart = props.cart.cart;
  const asked = useQuery({
    queryKey: ["quote", cart, choice],
    placeholderData: keepPreviousData,
    queryFn: () => api.get("/v1/carts/{crt}/quote", { path: { crt: cart }, query: { voucher: choice.voucher, campaign: choice.campaign || undefined, wallet: choice.wallet } }),
  });
  if (asked.isPending) return <Loading tall={2} />;
  if (!asked.data) return <Failure error={asked.error} retry={() => void asked.refetch()} />;
  const quote = asked.data;
  const missing = { name: to.name.trim() === "", address: to.address.trim() === "" };
  const is_complete = !missing.name && !missing.address && (quote.rest === 0 || ready.isReady) && !quote.is_blocked;
  async function submit() {
    setTried(true);
    if (!is_complete) return;
    const rest = quote.rest > 0 ? [{ kind: "channel" as const, amount: quote.rest, channel: ready.channel, method: ready.method, token: ready.token }] : [];
    try {
      const order = await pay.start(cart, { tenders: [...tendersOf(quote), ...rest], address: to as never, note, accept_price_changes: quote.price_moved });
      if (!order) return;
      if (remember && (to.address !== me?.user.address || to.phone !== me?.user.phone)) {
        await api.patch("/v1/me", { body: filled({ address: to.address, phone: to.phone }) }).catch(() => undefined);
      }
      props.onOrder(order.order);
    } catch (e) {
      if (isUnanswered(e)) return;
      toast(sentence(t, e));
      void asked.refetch();
    }
  }
  const empty = (is: boolean) => (tried && is ? t("problem.malformed") : undefined);
  return (
    <div className="with-side">
      <div>
        <Card title={t("cart.where")}>
          <div className="form">
            <div className="two">
              <Field label={t("cart.name")} error={empty(missing.name)}>
                {(id, d) => <input id={id} aria-describedby={d} autoComplete="name" maxLength={120} value={to.name} onChange={(e) => setTo({ ...to, name: e.target.value })} />}
              </Field>
              <Field label={t("cart.phone")}>
                {(id) => <input id={id} type="tel" autoComplete="tel" maxLength={32} value={to.phone} onChange={(e) => setTo({ ...to, phone: e.target.value })} />}
              </Field>
            </div>
            <Field label={t("cart.address")} hint={t("cart.addressHint")} error={empty(missing.address)}>
              {(id, d) => <textarea id={id} aria-describedby={d} rows={2} autoComplete="street-address" maxLength={500} value={to.address} onChange={(e) => setTo({ ...to, address: e.target.value })} />}
            </Field>
            <label className="check">
              <input type="checkbox" checked={remember} onChange={(e) => setRemember(e.target.checked)} />
              {t("cart.remember")}
            </label>
            <Field label={t("cart.note")}>{(id) => <input id={id} maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} />}</Field>
          </div>
        </Card>
        <Card title={t("cart.how")} className="ways">
          <Voucher quote={quote} code={choice.voucher} onUse={(voucher) => setChoice({ ...choice, voucher })} />
          <Credit quote={quote} campaign={choice.campaign} onChoose={(campaign) => setChoice({ ...choice, campaign })} />
          <Way
            icon="wallet"
            title={t("cart.wallet")}
            note={t("cart.walletHas", { amount: show.money(quote.wallet) })}
            amount={quote.balance > 0 ? `−${show.money(quote.balance)}` : undefined}
            control={<input type="checkbox" role="switch" className="switch" aria-label={t("cart.wallet")} checked={choice.wallet} onChange={(e) => setChoice({ ...choice, wallet: e.target.checked })} />}
          />
          {quote.rest > 0 && (
            <Way icon="card" title={t("cart.rest")} note={t("cart.restAmount", { amount: show.money(quote.rest) })}>
              <Instrument value={instrument} onChange={setInstrument} error={tried && !ready.isReady ? t("cart.coverRest") : fieldError(pay.error, "/token")} />
            </Way>
          )}
        </Card>
      </div>
      <Card title={t("cart.result")} className="side">
        {quote.price_moved && <p className="notice wait">{t("cart.priceMoved")}</p>}
        {quote.is_blocked && <p className="notice bad">{t("cart.blocked")}</p>}
        <Result quote={quote} code={choice.voucher} by={t("cart.fromChannel", { method: methodName(ready.method), channel: ready.channelName })} />
        {tried && (missing.name || missing.address) && (
          <p className="notice bad" role="alert">
            {t("cart.where")}: {t("problem.malformed")}
          </p>
        )}
        <Button wide busy={pay.busy || asked.isFetching} disabled={quote.is_blocked} onClick={() => void submit()}>
          {t("cart.pay", { amount: show.money(quote.total) })}
        </Button>
        <p className="consent">
          <Icon name="lock" size={16} /> {t("cart.consent")}
        </p>
      </Card>
    </div>
  );
}

// The order was sent and no answer came: it may stand or not. The same question settles it.
function NotHeard(props: { busy: boolean; onAgain: () => void }) {
  const { t } = useWords();
  const online = useOnline();
  return (
    <Outcome icon="alert" tone="wait" title={t("cart.unheardTitle")} text={t("cart.unheardText")}>
      {!online && <p className="reason">{t("state.offlineTitle")}</p>}
      <div className="t-actions">
        <Button busy={props.busy} onClick={props.onAgain}>
          {t("cart.ask")}
        </Button>
      </div>
    </Outcome>
  );
}

function Cashier() {
  const { t } = useWords();
  const go = useNavigate(), queries = useQueryClient(), pay = useCheckout(), { cart, isPending, error, refetch, forget } = useCart();
  async function ordered(order: string) {
    forget();
    await queries.invalidateQueries();
    void go(`/orders/${order}/paying`, { replace: true });
  }
  async function askAgain() {
    try {
      const order = pay.unheard && (await pay.again(pay.unheard));
      if (order) await ordered(order.order);
    } catch (e) {
      toast(sentence(t, e));
    }
  }
  if (pay.unheard) return <NotHeard busy={pay.busy} onAgain={() => void askAgain()} />;
  if (isPending) return <Loading tall={2} />;
  if (error && !cart) return <Failure error={error} retry={() => void refetch()} />;
  if (!cart || cart.lines.length === 0) {
    return (
      <Empty title={t("cart.emptyTitle")} text={t("cart.emptyText")}>
        <Button onClick={() => void go("/")}>{t("cart.browse")}</Button>
      </Empty>
    );
  }
  return <Checkout key={cart.cart} cart={cart} pay={pay} onOrder={(order) => void ordered(order)} />;
}

export default function CashierPage() {
  const { t } = useWords();
  return (
    <Page title={t("cart.cashier")} back="/cart" wide>
      <Gate scope="buy">
        <Cashier />
      </Gate>
    </Page>
  );
}
