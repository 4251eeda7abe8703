// start.tsx - the common beginning of both applications: styles, words, queries, then the first render.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { startI18n, type WordSource } from "./i18n/i18n";
import { Problem } from "./api/problem";
import "./theme/theme.css";
import "./theme/theme";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Only what may pass by itself is worth a second question.
      retry: (tried, e) => tried < 2 && e instanceof Problem && (e.status === 0 || e.status === 503),
      refetchOnWindowFocus: true,
      // Without a network a screen says so instead of waiting; what failed is asked again when there is one.
      networkMode: "always",
      refetchOnReconnect: true,
    },
  },
});

export async function start(content: ReactNode, words: WordSource[]) {
  await startI18n(words);
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <QueryClientProvider client={queries}>{content}</QueryClientProvider>
    </StrictMode>,
  );
}
