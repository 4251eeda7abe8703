// Top.tsx - the head of every page: the brand, the boards' menu (below on a phone), a search field on a desktop, and what
// boards put at the top.
import { useSession, useWords, type BoardEntry } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { Link, NavLink, useLocation, useNavigate } from "react-router";
import { menu, placed } from "../boards";
import { Icon, Mark } from "../ui/Icon";

function Entry(props: { entry: BoardEntry }) {
  const { t } = useWords();
  const { path, icon, title, Badge } = props.entry;
  return (
    <NavLink to={path} end={path === "/"}>
      <span className="tab-icon">
        {icon}
        {Badge && <Badge />}
      </span>
      <span>{t(title)}</span>
    </NavLink>
  );
}

// Wherever it is asked from, the search page answers; there it says what was asked for.
function SearchBox() {
  const { t } = useWords();
  const go = useNavigate(), at = useLocation();
  const asked = at.pathname === "/search" ? (new URLSearchParams(at.search).get("q") ?? "") : "";
  const [words, setWords] = useState(asked);
  function search(e: FormEvent) {
    e.preventDefault();
    const query = at.pathname === "/search" ? new URLSearchParams(at.search) : new URLSearchParams();
    query.set("q", words.trim());
    void go(`/search?${query}`);
  }
  return (
    <form className="top-search" role="search" aria-label={t("app.search")} onSubmit={search}>
      <Icon name="search" size={18} />
      <input type="search" maxLength={200} aria-label={t("app.searchFor")} placeholder={t("app.searchFor")} value={words} onChange={(e) => setWords(e.target.value)} />
    </form>
  );
}

export function Top() {
  const { t } = useWords();
  const { me, has, isPending } = useSession();
  const { key } = useLocation();
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="Tael">
        <Mark />
        <span>Tael</span>
      </Link>
      <nav className="tabs" aria-label={t("app.navigation")}>
        {menu.map((m) => (
          <Entry key={m.path} entry={m} />
        ))}
      </nav>
      <SearchBox key={key} />
      <div className="top-right">
        {me && !has("buy") && (
          <a className="t-button quiet small" href="/console/">
            {t("app.console")}
          </a>
        )}
        {placed("top").map(({ path, title, icon, Badge }) => (
          <Link key={path} to={path} className="icon-button" aria-label={t(title)}>
            {icon}
            {Badge && <Badge />}
          </Link>
        ))}
        {!me && !isPending && (
          <Link to="/sign-in" className="t-button small">
            {t("common.signIn")}
          </Link>
        )}
      </div>
    </header>
  );
}
