// App.tsx - the frame: navigation below on a phone and above on a desktop, and the pages of all boards, each loaded when
// it is first visited. A market that nobody has set up yet leads to its set-up.
import { Failure, Loading, OfflineBar, Problem, useWords } from "@tael/shared";
import { ConfigProvider } from "antd-mobile";
import en from "antd-mobile/es/locales/en-US";
import zh from "antd-mobile/es/locales/zh-CN";
import { Component, lazy, Suspense, useEffect, type ReactNode } from "react";
import { BrowserRouter, Link, Route, Routes, useLocation } from "react-router";
import { over, pages } from "./boards";
import { Footer } from "./frame/Footer";
import { SetUpFirst } from "./frame/SetUpFirst";
import { Top } from "./frame/Top";
import { useMarket } from "./ui/market";
import { Page } from "./ui/Page";
import { Toasts } from "./ui/toast";

const routes = pages.map((p) => ({ path: p.path, Page: lazy(p.load) }));
const overlays = over.map((load) => lazy(load));

function ScrollUp() {
  const { pathname } = useLocation();
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [pathname]);
  return null;
}

// A screen that fails to load or to draw says so instead of leaving nothing.
class Guard extends Component<{ children: ReactNode; at: string; title: string }, { error: unknown; at: string }> {
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
    return (
      <Page title={this.props.title} bare>
        <Failure error={shown} retry={() => location.reload()} />
      </Page>
    );
  }
}

function NotFound() {
  const { t } = useWords();
  return (
    <Page title={t("state.missingTitle")} bare>
      <Failure error={new Problem(404, "not_found", "")} />
      <Link className="t-button centred" to="/">
        {t("app.toHome")}
      </Link>
    </Page>
  );
}

function Screens() {
  const { pathname } = useLocation();
  const { t } = useWords();
  const market = useMarket();
  if (market && !market.is_set_up) return <SetUpFirst />;
  const waiting = (
    <Page title={t("common.loading")} bare wide>
      <Loading tall={2} />
    </Page>
  );
  return (
    <Guard at={pathname} title={t("problem.unexpected")}>
      <Suspense fallback={waiting}>
        <Routes>
          {routes.map(({ path, Page }) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
          <Route path="*" element={<NotFound />} />
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
        <Footer />
        <Toasts />
        <Suspense fallback={null}>
          {overlays.map((Over, i) => (
            <Over key={i} />
          ))}
        </Suspense>
      </BrowserRouter>
    </ConfigProvider>
  );
}
