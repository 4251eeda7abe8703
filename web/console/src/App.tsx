// App.tsx - the frame: antd with the page's nonce and the brand's colours, who is signed in, and the routes of all boards,
// each loaded when it is first visited. An empty store shows its set-up instead.
import { Failure, Loading, NoPermission, nonce, OfflineBar, token, useSession, useTheme, useWords } from "@tael/shared";
import { App as Feedback, ConfigProvider, theme } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { lazy, Suspense, useMemo, type ComponentType } from "react";
import { BrowserRouter, Navigate, Route, Routes } from "react-router";
import { pages } from "./boards";
import { BuyerHere, Frame, NotFound } from "./frame/Frame";
import { Mishap } from "./frame/Mishap";
import { SignIn } from "./frame/SignIn";
import { MarketContext, useMarketFacts } from "./ui/market";

const SetupPage = lazy(() => import("./frame/Setup"));
const routes = pages.map((p) => ({ ...p, Page: lazy(p.load) }));

function Guarded(props: { scope?: string | undefined; Page: ComponentType }) {
  const { has } = useSession();
  return props.scope && !has(props.scope) ? <NoPermission /> : <props.Page />;
}

function Inside() {
  const market = useMarketFacts();
  const { me, isPending, error, refetch } = useSession();
  if (market.error) return <Failure error={market.error} retry={market.refetch} />;
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!market.data || isPending) return <Loading tall={2} />;
  return (
    <MarketContext.Provider value={market.data}>
      <Suspense fallback={<Loading tall={2} />}>
        <Routes>
          <Route path="/setup" element={<SetupPage />} />
          <Route path="*" element={!market.data.is_set_up ? <Navigate to="/setup" replace /> : !me ? <SignIn /> : me.user.kind === "buyer" ? <BuyerHere /> : <Signed />} />
        </Routes>
      </Suspense>
    </MarketContext.Provider>
  );
}

function Signed() {
  return (
    <Frame>
      <Suspense fallback={<Loading tall={1} lines={6} />}>
        <Routes>
          {routes.map(({ path, scope, Page }) => (
            <Route key={path} path={path} element={<Mishap key={path}><Guarded scope={scope} Page={Page} /></Mishap>} />
          ))}
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Suspense>
    </Frame>
  );
}

export function App() {
  const { dark } = useTheme();
  const { lang } = useWords();
  const look = useMemo(
    () => ({
      algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
      token: {
        colorPrimary: token("--t-brand"), colorInfo: token("--t-brand"), colorLink: token("--t-brand"), colorLinkHover: token("--t-brand-strong"), colorLinkActive: token("--t-brand-strong"), colorSuccess: token("--t-good"),
        colorError: token("--t-bad"), colorWarning: token("--t-wait"), colorBgLayout: token("--t-ground"), colorBgContainer: token("--t-sheet"),
        colorBgElevated: token("--t-raised"), colorText: token("--t-ink"), colorTextSecondary: token("--t-soft"), colorTextTertiary: token("--t-faint"),
        colorTextPlaceholder: token("--t-faint"), colorBorder: token("--t-line"), colorBorderSecondary: token("--t-line"), colorTextLightSolid: token("--t-on-brand"),
        fontFamily: token("--t-font"), fontSize: 14, borderRadius: 9, controlHeight: 36, wireframe: false,
      },
      components: { Button: { primaryShadow: "none", fontWeight: 560 }, Modal: { titleFontSize: 17 }, Drawer: { paddingLG: 24 } },
    }),
    [dark],
  );
  return (
    <ConfigProvider csp={{ nonce }} button={{ autoInsertSpace: false }} locale={lang === "zh" ? zh : en} theme={look}>
      <Feedback>
        <BrowserRouter basename="/console">
          <OfflineBar />
          <Inside />
        </BrowserRouter>
      </Feedback>
    </ConfigProvider>
  );
}
