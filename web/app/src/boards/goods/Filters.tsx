// Filters.tsx - what a search is narrowed down by: kept in the address, so that a search can be shared and gone back to.
import { parseMoney, plainMoney, useList, useWords } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { useSearchParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Button, Field } from "../../ui/parts";
import { goodsOrders, type GoodsOrder } from "./Goods";

const narrowing = ["seller", "category", "min", "max", "stock"] as const;

export function useFilters() {
  const [at, set] = useSearchParams();
  const text = (name: string) => at.get(name) ?? "";
  // Whoever edits an address by hand gets a search without the number, not an error.
  const number = (name: string) => (/^\d{1,15}$/.test(text(name)) ? Number(text(name)) : undefined);
  const order = text("order") as GoodsOrder;
  return {
    q: text("q").slice(0, 200), seller: text("seller"), category: text("category"), min: number("min"), max: number("max"),
    order: goodsOrders.includes(order) ? order : "oldest", inStock: at.get("stock") === "1",
    count: narrowing.filter((n) => at.has(n)).length,
    change(next: Record<string, string | undefined>) {
      const to = new URLSearchParams(at);
      for (const [name, value] of Object.entries(next)) value ? to.set(name, value) : to.delete(name);
      set(to, { replace: true });
    },
    clear: () => Object.fromEntries(narrowing.map((n) => [n, undefined])),
  };
}
export type Filters = ReturnType<typeof useFilters>;

function Choice(props: { label: string; any: string; value: string; options: [string, string][]; onChoose: (value: string) => void }) {
  return (
    <Field label={props.label}>
      {(id) => (
        <select id={id} value={props.value} onChange={(e) => props.onChoose(e.target.value)}>
          <option value="">{props.any}</option>
          {props.options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function useNames() {
  const { lang } = useWords();
  const shops = useList("/v1/shops", { limit: 100 }).items, categories = useList("/v1/categories").items;
  return {
    shops: shops.map((s): [string, string] => [s.seller, s.name]),
    categories: categories.map((c): [string, string] => [c.category, (lang === "zh" && c.name_zh) || c.name]),
  };
}

export function FilterForm(props: { filters: Filters; onDone?: () => void }) {
  const { t } = useWords();
  const { currency } = useShow(), names = useNames();
  const { filters: f } = props;
  const [min, setMin] = useState(f.min === undefined ? "" : plainMoney(f.min, currency));
  const [max, setMax] = useState(f.max === undefined ? "" : plainMoney(f.max, currency));
  const amount = (text: string) => (text === "" ? undefined : parseMoney(text, currency));
  const wrong = (text: string) => (amount(text) === null ? t("problem.malformed") : undefined);
  function apply(e: FormEvent) {
    e.preventDefault();
    const low = amount(min), high = amount(max);
    if (low === null || high === null) return;
    f.change({ min: low?.toString(), max: high?.toString() });
    props.onDone?.();
  }
  return (
    <form className="form" onSubmit={apply}>
      <Choice label={t("goods.shop")} any={t("goods.anyShop")} value={f.seller} options={names.shops} onChoose={(seller) => f.change({ seller })} />
      {names.categories.length > 0 && <Choice label={t("goods.category")} any={t("goods.anyCategory")} value={f.category} options={names.categories} onChoose={(category) => f.change({ category })} />}
      <div className="two">
        <Field label={t("goods.from")} error={wrong(min)}>
          {(id, d) => <input id={id} aria-describedby={d} inputMode="decimal" maxLength={16} value={min} onChange={(e) => setMin(e.target.value)} />}
        </Field>
        <Field label={t("goods.to")} error={wrong(max)}>
          {(id, d) => <input id={id} aria-describedby={d} inputMode="decimal" maxLength={16} value={max} onChange={(e) => setMax(e.target.value)} />}
        </Field>
      </div>
      <label className="check">
        <input type="checkbox" checked={f.inStock} onChange={(e) => f.change({ stock: e.target.checked ? "1" : undefined })} />
        {t("goods.inStock")}
      </label>
      <div className="two">
        <Button
          quiet
          onClick={() => {
            setMin("");
            setMax("");
            f.change(f.clear());
            props.onDone?.();
          }}
        >
          {t("goods.reset")}
        </Button>
        <Button submit>{t("goods.apply")}</Button>
      </div>
    </form>
  );
}

// What is in force, each with a way to take it off.
export function ActiveFilters(props: { filters: Filters }) {
  const { t } = useWords();
  const show = useShow(), names = useNames();
  const { filters: f } = props;
  const of = (list: [string, string][], value: string) => list.find(([v]) => v === value)?.[1] ?? value;
  const on: [string, string][] = [];
  if (f.category) on.push(["category", of(names.categories, f.category)]);
  if (f.seller) on.push(["seller", of(names.shops, f.seller)]);
  if (f.min !== undefined) on.push(["min", t("goods.atLeast", { amount: show.money(f.min) })]);
  if (f.max !== undefined) on.push(["max", t("goods.atMost", { amount: show.money(f.max) })]);
  if (f.inStock) on.push(["stock", t("goods.inStock")]);
  if (on.length === 0) return null;
  return (
    <ul className="chips" aria-label={t("goods.filters")}>
      {on.map(([name, words]) => (
        <li key={name}>
          <button type="button" className="chip on" aria-label={t("goods.takeOff", { filter: words })} onClick={() => f.change({ [name]: undefined })}>
            <span dir="auto">{words}</span>
            <Icon name="close" size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Orders(props: { filters: Filters }) {
  const { t } = useWords();
  const { order, change } = props.filters;
  return (
    <div className="chips sorts" role="group" aria-label={t("goods.sort")}>
      {goodsOrders.map((o) => (
        <button type="button" key={o} className="chip" aria-pressed={o === order} onClick={() => change({ order: o === "oldest" ? undefined : o })}>
          {t(`goods.sort_${o}`)}
        </button>
      ))}
    </div>
  );
}
