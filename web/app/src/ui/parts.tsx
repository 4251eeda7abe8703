// parts.tsx - small pieces that many screens share: a product in a grid, a number to step, stars, a sheet from below,
// a field of a form, and the gate before what needs an account.
import { count, Failure, inTongue, Loading, ProductArt, sentence, useSession, useWords, type Schema } from "@tael/shared";
import { Popup } from "antd-mobile";
import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { Icon } from "./Icon";
import { useShow } from "./market";

export type Product = Schema<"Product">;

// Members with words in them; a profile takes no empty ones.
export const filled = (form: Record<string, string>) => Object.fromEntries(Object.entries(form).filter(([, v]) => v.trim() !== ""));

export const useTitle = () => {
  const { lang } = useWords();
  return (title: string) => inTongue(title, lang).replace(/, Standard$/, "");
};

export function Stars(props: { percent: number; reviews?: number }) {
  const { t, locale } = useWords();
  const stars = props.percent / 100;
  return (
    <span className="stars" aria-label={t("app.starsOf", { stars: stars.toFixed(1) })} role="img">
      <Icon name="star" size={14} filled />
      <b>{stars.toFixed(1)}</b>
      {props.reviews !== undefined && <span>({count(props.reviews, locale)})</span>}
    </span>
  );
}

export function lowest(p: Product): { price: number; available: number } {
  const offers = p.offers ?? [];
  return {
    price: offers.reduce((least, o) => Math.min(least, o.price), offers[0]?.price ?? 0),
    available: offers.reduce((sum, o) => sum + o.available, 0),
  };
}

export function ProductCard(props: { product: Product; theme?: unknown }) {
  const { product: p } = props;
  const { t } = useWords();
  const show = useShow(), title = useTitle();
  const { price, available } = lowest(p);
  return (
    <Link className="product" to={`/products/${p.product}`}>
      <ProductArt title={p.title} id={p.product} theme={props.theme} shop={p.offers?.[0]?.shop_name} media={p.media} />
      <div className="product-words">
        <h3 dir="auto">{title(p.title)}</h3>
        <p className="product-shop" dir="auto">
          {p.offers?.[0]?.shop_name}
        </p>
        <div className="product-foot">
          <span className="price t-money">{price > 0 ? show.money(price) : ""}</span>
          {available <= 0 ? <span className="t-chip calm">{t("app.soldOut")}</span> : p.reviews > 0 && <Stars percent={p.rating_percent} />}
        </div>
      </div>
    </Link>
  );
}

const folds_at = 480; // characters

// What somebody wrote, in its own direction; long text is folded until it is asked for.
export function Prose(props: { text: string }) {
  const { t } = useWords();
  const { text } = props;
  const [open, setOpen] = useState(false);
  const is_long = text.length > folds_at;
  return (
    <>
      <p className={is_long && !open ? "prose folded" : "prose"} dir="auto">
        {text}
      </p>
      {is_long && (
        <button type="button" className="link-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "app.fold" : "app.all")}
        </button>
      )}
    </>
  );
}

export function Stepper(props: { value: number; min?: number; max?: number; label: string; disabled?: boolean; onChange: (n: number) => void }) {
  const { t } = useWords();
  const { value, min = 0, max = 999 } = props;
  return (
    <div className="stepper" role="group" aria-label={props.label}>
      <button type="button" aria-label={t("app.less")} disabled={props.disabled || value <= min} onClick={() => props.onChange(value - 1)}>
        <Icon name="minus" size={16} />
      </button>
      <output aria-live="polite">{value}</output>
      <button type="button" aria-label={t("app.more")} disabled={props.disabled || value >= max} onClick={() => props.onChange(value + 1)}>
        <Icon name="plus" size={16} />
      </button>
    </div>
  );
}

const reachable = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled)";

// While it is there the keyboard stays inside: the first field has the focus, Tab goes round, Escape closes; afterwards the
// focus is where it was.
function useKeyboardInside(at: RefObject<HTMLDivElement | null>, close: () => void) {
  const leave = useRef(close);
  leave.current = close;
  useEffect(() => {
    const before = document.activeElement, sheet = at.current;
    const stops = () => [...(sheet?.querySelectorAll<HTMLElement>(reachable) ?? [])].filter((e) => e.offsetParent !== null);
    (sheet?.querySelector<HTMLElement>("input, select, textarea") ?? stops()[0])?.focus();
    function onKey(e: KeyboardEvent) {
      if (e.key === "Escape") leave.current();
      if (e.key !== "Tab") return;
      const all = stops(), first = all[0], last = all.at(-1), now = document.activeElement;
      const is_outside = !sheet?.contains(now);
      const next = e.shiftKey ? (now === first || is_outside ? last : undefined) : now === last || is_outside ? first : undefined;
      if (!next) return;
      e.preventDefault();
      next.focus();
    }
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("keydown", onKey);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [at]);
}

function SheetBody(props: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useWords();
  const id = useId(), at = useRef<HTMLDivElement>(null);
  useKeyboardInside(at, props.onClose);
  return (
    <div ref={at} role="dialog" aria-modal="true" aria-labelledby={id}>
      <div className="sheet-head">
        <h2 id={id}>{props.title}</h2>
        <button type="button" className="icon-button" aria-label={t("common.close")} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      </div>
      {props.children}
    </div>
  );
}

export function Sheet(props: { open: boolean; title: string; onClose: () => void; children: ReactNode }) {
  return (
    <Popup visible={props.open} onMaskClick={props.onClose} onClose={props.onClose} destroyOnClose bodyClassName="sheet">
      <SheetBody title={props.title} onClose={props.onClose}>
        {props.children}
      </SheetBody>
    </Popup>
  );
}

export function Field(props: { label: string; error?: string; hint?: string; children: (id: string, describedBy: string | undefined) => ReactNode }) {
  const id = useId();
  const note = props.error ?? props.hint;
  return (
    <div className={props.error ? "field wrong" : "field"}>
      <label htmlFor={id}>{props.label}</label>
      {props.children(id, note ? `${id}n` : undefined)}
      {note && (
        <p id={`${id}n`} role={props.error ? "alert" : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Button(props: { children: ReactNode; onClick?: () => void; busy?: boolean; quiet?: boolean; plain?: boolean; small?: boolean; wide?: boolean; disabled?: boolean; submit?: boolean }) {
  const look = props.plain ? "plain" : props.quiet ? "quiet" : "";
  return (
    <button type={props.submit ? "submit" : "button"} className={`t-button ${look} ${props.wide ? "wide" : ""} ${props.small ? "small" : ""}`} disabled={props.disabled || props.busy} aria-busy={props.busy} onClick={props.onClick}>
      {props.busy && <i className="spinner" />}
      {props.children}
    </button>
  );
}

export function useSignInPath() {
  const at = useLocation();
  return `/sign-in?to=${encodeURIComponent(at.pathname + at.search)}`;
}

// Content for who has the scope; everybody else is told what is missing.
export function Gate(props: { scope: string; children: ReactNode }) {
  const { me, has, isPending, error, refetch } = useSession();
  const { t } = useWords();
  const go = useNavigate(), path = useSignInPath();
  if (isPending) return <Loading tall={1} />;
  if (error && !me) return <Failure error={error} retry={() => void refetch()} />;
  if (has(props.scope)) return props.children;
  return (
    <div className="t-state">
      <span className="round-icon">
        <Icon name="lock" size={30} />
      </span>
      <h2>{me ? t("state.forbiddenTitle") : t("state.signedOutTitle")}</h2>
      <p>{me ? t("app.buyersOnly") : t("state.signedOutText")}</p>
      <div className="t-actions">
        <Button onClick={() => void go(path)}>{t("common.signIn")}</Button>
      </div>
    </div>
  );
}

// The foot of a list that comes in pages: a button for the next one, or that this was all.
export function ListEnd(props: { list: { hasMore: boolean; isFetching: boolean; error: unknown; more: () => unknown; refetch: () => unknown }; saysEnd?: boolean }) {
  const { t } = useWords();
  if (props.list.error) {
    return (
      <div className="list-end" role="alert">
        <span>{sentence(t, props.list.error)}</span>
        <Button quiet busy={props.list.isFetching} onClick={() => void (props.list.hasMore ? props.list.more() : props.list.refetch())}>
          {t("common.retry")}
        </Button>
      </div>
    );
  }
  if (!props.list.hasMore && !props.saysEnd) return null;
  return (
    <div className="list-end">
      {props.list.hasMore ? (
        <Button quiet busy={props.list.isFetching} onClick={() => void props.list.more()}>
          {t("common.more")}
        </Button>
      ) : (
        <span>{t("common.end")}</span>
      )}
    </div>
  );
}
