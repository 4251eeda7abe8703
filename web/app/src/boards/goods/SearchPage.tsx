// SearchPage.tsx - words and filters over everything for sale: beside the results on a desktop, in a sheet on a phone.
import { useWords } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { Sheet } from "../../ui/parts";
import { ActiveFilters, FilterForm, Orders, useFilters, type Filters } from "./Filters";
import { Goods } from "./Goods";

function SearchBar(props: { filters: Filters; onFilters: () => void }) {
  const { t } = useWords();
  const { filters } = props;
  const [words, setWords] = useState(filters.q);
  function search(e: FormEvent) {
    e.preventDefault();
    filters.change({ q: words.trim() });
  }
  return (
    <form className="search-bar" role="search" onSubmit={search}>
      <Icon name="search" size={20} />
      <input type="search" enterKeyHint="search" maxLength={200} aria-label={t("app.searchFor")} placeholder={t("app.searchFor")} value={words} onChange={(e) => setWords(e.target.value)} />
      <button type="submit" className="t-button small">
        {t("goods.search")}
      </button>
      <button type="button" className="icon-button" aria-label={`${t("goods.filters")}${filters.count ? ` (${filters.count})` : ""}`} onClick={props.onFilters}>
        <Icon name="filter" />
        {filters.count > 0 && <i className="badge">{filters.count}</i>}
      </button>
    </form>
  );
}

export default function SearchPage() {
  const { t } = useWords();
  const filters = useFilters();
  const [open, setOpen] = useState(false);
  const { q, seller, category, min, max } = filters;
  // The forms keep what is typed; another search from outside begins them anew.
  const at = JSON.stringify([seller, category, min, max]);
  return (
    <Page title={q ? t("goods.resultsFor", { words: q }) : t("goods.search")} wide bare>
      <SearchBar key={q} filters={filters} onFilters={() => setOpen(true)} />
      <Sheet open={open} title={t("goods.filters")} onClose={() => setOpen(false)}>
        <FilterForm filters={filters} onDone={() => setOpen(false)} />
      </Sheet>
      <div className="search-page">
        <aside className="card search-side" aria-label={t("goods.filters")}>
          <h2>{t("goods.filters")}</h2>
          <FilterForm key={at} filters={filters} />
        </aside>
        <div className="search-found">
          {q && (
            <p className="results-for" aria-hidden="true" dir="auto">
              {t("goods.resultsFor", { words: q })}
            </p>
          )}
          <Orders filters={filters} />
          <ActiveFilters filters={filters} />
          <Goods
            query={{ q: q || undefined, seller: seller || undefined, category: category || undefined, min_price: min, max_price: max }}
            order={filters.order}
            inStock={filters.inStock}
          />
        </div>
      </div>
    </Page>
  );
}
