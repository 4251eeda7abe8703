// SearchPage.tsx - words and filters, kept in the address so that a search can be shared and gone back to.
import { parseMoney, plainMoney, useList, useWords } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { useSearchParams } from "react-router";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Page } from "../../ui/Page";
import { Button, Field, Sheet } from "../../ui/parts";
import { Goods, type GoodsOrder } from "./Goods";

function useFilters() {
  const [at, set] = useSearchParams();
  const text = (name: string) => at.get(name) ?? "";
  const number = (name: string) => (at.has(name) ? Number(at.get(name)) : undefined);
  return {
    q: text("q"), seller: text("seller"), category: text("category"), min: number("min"), max: number("max"),
    order: (text("order") || "none") as GoodsOrder, inStock: at.get("stock") === "1",
    count: ["seller", "category", "min", "max", "order", "stock"].filter((n) => at.has(n)).length,
    change(next: Record<string, string | undefined>) {
      const to = new URLSearchParams(at);
      for (const [name, value] of Object.entries(next)) value ? to.set(name, value) : to.delete(name);
      set(to, { replace: true });
    },
  };
}

function FilterForm(props: { filters: ReturnType<typeof useFilters>; onDone: () => void }) {
  const { t, lang } = useWords();
  const { currency } = useShow();
  const { filters: f } = props;
  const shops = useList("/v1/shops", { limit: 100 }), categories = useList("/v1/categories");
  const [min, setMin] = useState(f.min === undefined ? "" : plainMoney(f.min, currency));
  const [max, setMax] = useState(f.max === undefined ? "" : plainMoney(f.max, currency));
  const [rest, setRest] = useState({ seller: f.seller, category: f.category, order: f.order as string, stock: f.inStock ? "1" : "" });
  const amount = (text: string) => (text === "" ? undefined : parseMoney(text, currency));
  const wrong = (text: string) => (amount(text) === null ? t("problem.malformed") : undefined);
  function apply(e: FormEvent) {
    e.preventDefault();
    const low = amount(min), high = amount(max);
    if (low === null || high === null) return;
    f.change({ ...rest, order: rest.order === "none" ? undefined : rest.order, min: low?.toString(), max: high?.toString() });
    props.onDone();
  }
  return (
    <form className="form" onSubmit={apply}>
      <Field label={t("goods.shop")}>
        {(id) => (
          <select id={id} value={rest.seller} onChange={(e) => setRest({ ...rest, seller: e.target.value })}>
            <option value="">{t("goods.anyShop")}</option>
            {shops.items.map((s) => (
              <option key={s.shop} value={s.seller}>
                {s.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {categories.items.length > 0 && (
        <Field label={t("goods.category")}>
          {(id) => (
            <select id={id} value={rest.category} onChange={(e) => setRest({ ...rest, category: e.target.value })}>
              <option value="">{t("goods.anyCategory")}</option>
              {categories.items.map((c) => (
                <option key={c.category} value={c.category}>
                  {(lang === "zh" && c.name_zh) || c.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div className="two">
        <Field label={t("goods.from")} error={wrong(min)}>
          {(id, d) => <input id={id} aria-describedby={d} inputMode="decimal" value={min} onChange={(e) => setMin(e.target.value)} />}
        </Field>
        <Field label={t("goods.to")} error={wrong(max)}>
          {(id, d) => <input id={id} aria-describedby={d} inputMode="decimal" value={max} onChange={(e) => setMax(e.target.value)} />}
        </Field>
      </div>
      <Field label={t("goods.sort")}>
        {(id) => (
          <select id={id} value={rest.order} onChange={(e) => setRest({ ...rest, order: e.target.value })}>
            {(["none", "low", "high", "rating"] as const).map((o) => (
              <option key={o} value={o}>
                {t(`goods.sort${o[0]!.toUpperCase()}${o.slice(1)}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <label className="check">
        <input type="checkbox" checked={rest.stock === "1"} onChange={(e) => setRest({ ...rest, stock: e.target.checked ? "1" : "" })} />
        {t("goods.inStock")}
      </label>
      <div className="two">
        <Button
          quiet
          onClick={() => {
            f.change({ seller: "", category: "", min: "", max: "", order: "", stock: "" });
            props.onDone();
          }}
        >
          {t("goods.reset")}
        </Button>
        <Button submit>{t("goods.apply")}</Button>
      </div>
    </form>
  );
}

export default function SearchPage() {
  const { t } = useWords();
  const filters = useFilters();
  const [words, setWords] = useState(filters.q), [open, setOpen] = useState(false);
  function search(e: FormEvent) {
    e.preventDefault();
    filters.change({ q: words.trim() });
  }
  const { q, seller, category, min, max } = filters;
  return (
    <Page title={t("goods.search")} wide bare>
      <form className="search-bar" role="search" onSubmit={search}>
        <Icon name="search" size={20} />
        <input type="search" enterKeyHint="search" maxLength={200} aria-label={t("goods.searchFor")} placeholder={t("goods.searchFor")} value={words} onChange={(e) => setWords(e.target.value)} />
        <button type="submit" className="t-button small">
          {t("goods.search")}
        </button>
        <button type="button" className="icon-button" aria-label={`${t("goods.filters")}${filters.count ? ` (${filters.count})` : ""}`} onClick={() => setOpen(true)}>
          <Icon name="filter" />
          {filters.count > 0 && <i className="badge">{filters.count}</i>}
        </button>
      </form>
      <Sheet open={open} title={t("goods.filters")} onClose={() => setOpen(false)}>
        <FilterForm filters={filters} onDone={() => setOpen(false)} />
      </Sheet>
      <Goods
        query={{ q: q || undefined, seller: seller || undefined, category: category || undefined, min_price: min, max_price: max }}
        order={filters.order}
        inStock={filters.inStock}
      />
    </Page>
  );
}
