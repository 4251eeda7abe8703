// States.tsx - what a screen shows when it has nothing, waits, fails, is offline or may not be seen. Each says what is
// the matter and what to do next.
import type { ReactNode } from "react";
import { describe, isForbidden, isMissing, isOffline, isSignedOut } from "../api/problem";
import { useWords } from "../i18n/i18n";
import { useOnline } from "../hooks/online";

type Picture = "empty" | "error" | "offline" | "locked" | "missing";

const drawings: Record<Picture, ReactNode> = {
  // A sycee, the boat-shaped silver the market is named after, in each mood.
  empty: <path d="M14 34c4 14 14 20 34 20s30-6 34-20c-8 5-20 7-34 7s-26-2-34-7ZM48 14c10 0 17 5 17 12s-7 11-17 11-17-4-17-11 7-12 17-12Z" />,
  error: <path d="M14 34c4 14 14 20 34 20s30-6 34-20c-8 5-20 7-34 7s-26-2-34-7ZM48 8v16m0 7v1" />,
  offline: <path d="M14 34c4 14 14 20 34 20s30-6 34-20c-8 5-20 7-34 7s-26-2-34-7ZM32 20a24 24 0 0 1 32 0M39 27a13 13 0 0 1 18 0M28 8l40 28" />,
  locked: <path d="M14 34c4 14 14 20 34 20s30-6 34-20c-8 5-20 7-34 7s-26-2-34-7ZM38 20h20v14H38zM42 20v-5a6 6 0 0 1 12 0v5" />,
  missing: <path d="M14 34c4 14 14 20 34 20s30-6 34-20c-8 5-20 7-34 7s-26-2-34-7ZM42 16a6 6 0 1 1 8 6c-2 1-2 2-2 5m0 5v1" />,
};

export function StateView(props: { picture: Picture; title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="t-state" role={props.picture === "error" ? "alert" : undefined}>
      <svg viewBox="0 0 96 64" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
        {drawings[props.picture]}
      </svg>
      <h2>{props.title}</h2>
      {props.text && <p>{props.text}</p>}
      {props.children && <div className="t-actions">{props.children}</div>}
    </div>
  );
}

export function Empty(props: { title?: string; text?: string; children?: ReactNode }) {
  const { t } = useWords();
  return (
    <StateView picture="empty" title={props.title ?? t("state.emptyTitle")} text={props.text ?? t("state.emptyText")}>
      {props.children}
    </StateView>
  );
}

export function Failure(props: { error: unknown; retry?: () => void; signIn?: () => void }) {
  const { t } = useWords();
  const { error, retry, signIn } = props;
  const again = retry && (
    <button type="button" className="t-button quiet" onClick={retry}>
      {t("common.retry")}
    </button>
  );
  if (isSignedOut(error)) {
    return (
      <StateView picture="locked" title={t("state.signedOutTitle")} text={t("state.signedOutText")}>
        {signIn && (
          <button type="button" className="t-button" onClick={signIn}>
            {t("common.signIn")}
          </button>
        )}
      </StateView>
    );
  }
  if (isForbidden(error)) return <StateView picture="locked" title={t("state.forbiddenTitle")} text={t("state.forbiddenText")} />;
  if (isMissing(error)) return <StateView picture="missing" title={t("state.missingTitle")} text={t("state.missingText")} />;
  if (isOffline(error)) {
    return (
      <StateView picture="offline" title={t("state.offlineTitle")} text={t("state.offlineText")}>
        {again}
      </StateView>
    );
  }
  const { title, detail } = describe(t, error);
  return (
    <StateView picture="error" title={title} text={detail}>
      {again}
    </StateView>
  );
}

export function NoPermission() {
  const { t } = useWords();
  return <StateView picture="locked" title={t("state.forbiddenTitle")} text={t("state.forbiddenText")} />;
}

// lines of text below tall blocks; or cards of a grid.
export function Loading(props: { lines?: number; tall?: number; cards?: number }) {
  const { t } = useWords();
  if (props.cards) {
    return (
      <div className="t-skeleton cards" role="status" aria-label={t("common.loading")}>
        {Array.from({ length: props.cards }, (_, i) => (
          <i key={i} />
        ))}
      </div>
    );
  }
  return (
    <div className="t-skeleton" role="status" aria-label={t("common.loading")}>
      {Array.from({ length: props.tall ?? 0 }, (_, i) => (
        <i key={`t${i}`} className="tall" />
      ))}
      {Array.from({ length: props.lines ?? 4 }, (_, i) => (
        <i key={i} style={{ width: `${96 - ((i * 17) % 38)}%` }} />
      ))}
    </div>
  );
}

export function OfflineBar() {
  const { t } = useWords();
  return useOnline() ? null : (
    <div className="t-offline" role="status">
      {t("state.offlineBar")}
    </div>
  );
}
