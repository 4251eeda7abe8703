// Frame.tsx - menu, head and content. The menu shows what the scopes of who is signed in allow; on a narrow screen it is
// a drawer. What happens in the market is heard here once, and whatever shows it is read again.
import { BulbOutlined, CompassOutlined, GlobalOutlined, LogoutOutlined, MenuOutlined, ShopOutlined } from "@ant-design/icons";
import { day, StateView, useEvents, useSession, useTheme, useWords, type BoardEntry, type ThemeChoice } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Drawer, Dropdown, Menu, Tooltip, type MenuProps } from "antd";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { menu } from "../boards";
import { useMarket } from "../ui/market";
import { Tour, useTour } from "./Tour";

export function Mark() {
  return (
    <svg className="c-mark" viewBox="0 0 96 64" fill="none" stroke="currentColor" strokeWidth="5" strokeLinejoin="round" aria-hidden="true">
      <path d="M10 32c4 16 16 24 38 24s34-8 38-24c-9 6-22 8-38 8s-29-2-38-8Z" />
      <path d="M48 10c11 0 18 5 18 12s-7 11-18 11-18-4-18-11 7-12 18-12Z" />
    </svg>
  );
}

// Sums and lists that changed are read again: at most once in a while, however much happens.
function useLive(): boolean {
  const queries = useQueryClient();
  const waits = useRef(false);
  const { live } = useEvents(() => {
    if (waits.current) return;
    waits.current = true;
    setTimeout(() => {
      waits.current = false;
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "me" && q.queryKey[0] !== "/v1/audit" });
    }, 2500);
  });
  return live;
}

type MenuItems = NonNullable<MenuProps["items"]>;

function useEntries() {
  const { t } = useWords();
  const { has } = useSession();
  return useMemo(() => {
    const seen = menu.filter((e) => !e.scope || has(e.scope));
    const groups = new Map<string, BoardEntry[]>();
    for (const e of seen) groups.set(e.group ?? "", [...(groups.get(e.group ?? "") ?? []), e]);
    return [...groups].flatMap(([group, entries]): MenuItems => {
      const items = entries.map((e) => ({ key: e.path, icon: e.icon, label: <Link to={e.path}>{t(e.title)}</Link> }));
      return group ? [{ type: "group" as const, key: group, label: t(group), children: items }] : items;
    });
  }, [t, has]);
}

function chosen(path: string): string {
  const fits = menu.filter((e) => e.path === path || (e.path !== "/" && path.startsWith(`${e.path}/`)));
  return fits.sort((a, b) => b.path.length - a.path.length)[0]?.path ?? (path.startsWith("/accounts/") ? "/trial-balance" : "/");
}

function SideMenu(props: { onGo?: () => void }) {
  const { t } = useWords();
  const items = useEntries();
  const at = chosen(useLocation().pathname);
  return (
    <nav aria-label={t("console.menu")}>
      <Menu mode="inline" selectedKeys={[at]} items={items} {...(props.onGo ? { onClick: props.onGo } : {})} style={{ border: 0, background: "transparent" }} />
    </nav>
  );
}

function ThemeAndLanguage() {
  const { t, lang, setLang } = useWords();
  const { choice, set } = useTheme();
  const themes: [ThemeChoice, string][] = [["auto", t("common.themeAuto")], ["light", t("common.themeLight")], ["dark", t("common.themeDark")]];
  return (
    <>
      <Button type="text" icon={<GlobalOutlined />} onClick={() => void setLang(lang === "en" ? "zh" : "en")} aria-label={lang === "en" ? "中文" : "English"} data-test="language">
        <span className="c-wide">{lang === "en" ? "中文" : "English"}</span>
      </Button>
      <Dropdown trigger={["click"]} menu={{ selectedKeys: [choice], items: themes.map(([key, label]) => ({ key, label })), onClick: ({ key }) => set(key as ThemeChoice) }}>
        <Button type="text" icon={<BulbOutlined />} aria-label={t("common.theme")} />
      </Dropdown>
    </>
  );
}

function Account(props: { onTour: () => void }) {
  const { t } = useWords();
  const { me, signOut } = useSession();
  const go = useNavigate();
  const name = me!.user.name || me!.user.email;
  const items = [
    { key: "who", label: <span className="c-who"><b>{name}</b><small>{t(`st.${me!.user.role}`)} · {me!.user.email}</small></span>, disabled: true },
    { type: "divider" as const },
    { key: "tour", icon: <CompassOutlined />, label: t("console.tour") },
    { key: "app", icon: <ShopOutlined />, label: <a href="/">{t("console.toApp")}</a> },
    { key: "out", icon: <LogoutOutlined />, label: t("common.signOut") },
  ];
  const click = ({ key }: { key: string }) => {
    if (key === "tour") props.onTour();
    if (key === "out") void signOut().then(() => go("/"));
  };
  return (
    <Dropdown trigger={["click"]} menu={{ items, onClick: click }}>
      <button type="button" className="c-avatar" aria-label={t("console.account")} data-test="account">
        {[...name][0]?.toUpperCase()}
      </button>
    </Dropdown>
  );
}

export function Frame(props: { children: ReactNode }) {
  const { t, locale } = useWords();
  const market = useMarket();
  const [open, setOpen] = useState(false);
  const live = useLive();
  const tour = useTour();
  const at = useLocation();
  useEffect(() => {
    const entry = menu.find((e) => e.path === chosen(at.pathname));
    document.title = entry ? `${t(entry.title)} · ${market.name}` : t("console.name");
    window.scrollTo(0, 0);
  }, [at.pathname, t, market.name]);
  return (
    <div className="c-frame">
      <a className="c-skip" href="#content">{t("console.skip")}</a>
      <aside className="c-side">
        <Link to="/" className="c-brand"><Mark /><span>{market.name}</span></Link>
        <div className="c-side-scroll"><SideMenu /></div>
      </aside>
      <Drawer placement="left" size={272} open={open} onClose={() => setOpen(false)} title={<span className="c-brand"><Mark />{market.name}</span>} styles={{ body: { padding: 8 } }}>
        <SideMenu onGo={() => setOpen(false)} />
      </Drawer>
      <div className="c-main">
        <header className="c-head">
          <Button className="c-burger" type="text" icon={<MenuOutlined />} aria-label={t("console.openMenu")} onClick={() => setOpen(true)} />
          <span className="c-date"><span className="c-wide">{t("console.businessDate")} </span><b>{day(market.business_date, locale)}</b></span>
          <Tooltip title={live ? t("console.live") : t("console.notLive")}>
            <span className={live ? "c-live on" : "c-live"} role="status"><i aria-hidden="true" /><span className="c-wide">{live ? t("console.live") : t("console.notLive")}</span></span>
          </Tooltip>
          <span className="c-space" />
          <ThemeAndLanguage />
          <Account onTour={tour.start} />
        </header>
        <main id="content" className="c-content" tabIndex={-1} data-at={at.pathname}>{props.children}</main>
      </div>
      <Tour {...tour} />
    </div>
  );
}

export function NotFound() {
  const { t } = useWords();
  return <StateView picture="missing" title={t("state.missingTitle")} text={t("state.missingText")} />;
}

export function BuyerHere() {
  const { t } = useWords();
  const { signOut } = useSession();
  return (
    <StateView picture="locked" title={t("console.buyerTitle")} text={t("console.buyerText")}>
      <a className="t-button" href="/">{t("console.toApp")}</a>
      <button type="button" className="t-button quiet" onClick={() => void signOut()}>{t("common.signOut")}</button>
    </StateView>
  );
}
