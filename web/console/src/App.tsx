// App.tsx - the frame: antd with the page's nonce and the brand's colours, routes of all boards, each loaded when it is
// first visited.
import { Loading, nonce, OfflineBar, token, useTheme, useWords } from "@tael/shared";
import { ConfigProvider, theme } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { pages } from "./boards";

const routes = pages.map((p) => ({ path: p.path, Page: lazy(p.load) }));

export function App() {
  const { dark } = useTheme();
  const { lang } = useWords();
  return (
    <ConfigProvider
      csp={{ nonce }}
      locale={lang === "zh" ? zh : en}
      theme={{ algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm, token: { colorPrimary: token("--t-brand") } }}
    >
      <BrowserRouter basename="/console">
        <OfflineBar />
        <Suspense fallback={<Loading />}>
          <Routes>
            {routes.map(({ path, Page }) => (
              <Route key={path} path={path} element={<Page />} />
            ))}
          </Routes>
        </Suspense>
      </BrowserRouter>
    </ConfigProvider>
  );
}
