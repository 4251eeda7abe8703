// App.tsx - the frame: navigation below on a phone and above on a desktop, and the pages of all boards, each loaded when
// it is first visited.
import { Failure, Loading, OfflineBar, Problem, useSession, useWords } from "@tael/shared";
import { ConfigProvider } from "antd-mobile";
import en from "antd-mobile/es/locales/en-US";
import zh from "antd-mobile/es/locales/zh-CN";
import { Component, lazy, Suspense, useEffect, type ReactNode } from "react";
import { BrowserRouter, Link, NavLink, Route, Routes, useLocation } from "react-router";
import { menu, pages } from "./boards";
import { CartBadge } from "./boards/cart/badge";
import { Icon, Mark } from "./ui/Icon";
import { Toasts } from "./ui/toast";

const routes = pages.map((p) => ({ path: p.path, Page: lazy(p.load) }));
const Tour = lazy(() => import("./boards/tour/Tour"));

function Navigation() {
  const { t } = useWords();
  return (
    <nav className="tabs" aria-label={t("app.navigation")}>
      {menu.map((m) => (
        <NavLink key={m.path} to={m.path} end={m.path === "/"}>
          <span className="tab-icon">
            {m.icon}
            {m.path === "/cart" && <CartBadge />}
          </span>
          <span>{t(m.title)}</span>
        </NavLink>
      ))}
    </nav>
  );
}

function Top() {
  const { t } = useWords();
  const { me, has } = useSession();
  return (
    <header className="top">
      <Link to="/" className="brand" aria-label="Tael">
        <Mark />
        <span>Tael</span>
      </Link>
      <Navigation />
      <div className="top-right">
        {me && !has("buy") && (
          <a className="t-button quiet small" href="/console/">
            {t("app.console")}
          </a>
        )}
        <Link to="/messages" className="icon-button" aria-label={t("messages.title")}>
          <Icon name="bell" />
        </Link>
        {!me && (
          <Link to="/sign-in" className="t-button small">
            {t("common.signIn")}
          </Link>
        )}
      </div>
    </header>
  );
}

function ScrollUp() {
  const { pathname } = useLocation();
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [pathname]);
  return null;
}

// A screen that fails to load or to draw says so instead of leaving nothing.
class Guard extends Component<{ children: ReactNode; at: string }, { error: unknown; at: string }> {
  override state = { error: null as unknown, at: this.props.at };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  static getDerivedStateFromProps(props: { at: string }, state: { at: string }) {
    return props.at === state.at ? null : { error: null, at: props.at };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    const { error } = this.state;
    const shown = error instanceof TypeError && /import|fetch|module/i.test(error.message) ? new Problem(0, "offline", "") : error;
    return <Failure error={shown} retry={() => location.reload()} />;
  }
}

function Screens() {
  const { pathname } = useLocation();
  return (
    <Guard at={pathname}>
      <Suspense fallback={<Loading tall={1} />}>
        <Routes>
          {routes.map(({ path, Page }) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
          <Route path="*" element={<Failure error={new Problem(404, "not_found", "")} />} />
        </Routes>
      </Suspense>
    </Guard>
  );
}

export function App() {
  const { t, lang } = useWords();
  return (
    <ConfigProvider locale={lang === "zh" ? zh : en}>
      <BrowserRouter>
        <a className="skip" href="#content">
          {t("app.skip")}
        </a>
        <ScrollUp />
        <OfflineBar />
        <Top />
        <Screens />
        <Toasts />
        <Suspense fallback={null}>
          <Tour />
        </Suspense>
      </BrowserRouter>
    </ConfigProvider>
  );
}
