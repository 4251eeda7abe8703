// App.tsx - the frame: routes of all boards, each loaded when it is first visited.
import { Loading, OfflineBar } from "@tael/shared";
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { pages } from "./boards";

const routes = pages.map((p) => ({ path: p.path, Page: lazy(p.load) }));

export function App() {
  return (
    <BrowserRouter>
      <OfflineBar />
      <Suspense fallback={<Loading />}>
        <Routes>
          {routes.map(({ path, Page }) => (
            <Route key={path} path={path} element={<Page />} />
          ))}
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}
