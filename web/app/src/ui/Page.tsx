// Page.tsx - one screen: a heading, a way back, and its content in a readable width.
import { Failure, Loading, useWords } from "@tael/shared";
import { useEffect, type ReactNode } from "react";
import { useLocation, useNavigate } from "react-router";
import { Icon } from "./Icon";

export function Page(props: { title: string; back?: string | true | undefined; actions?: ReactNode; wide?: boolean; bare?: boolean; children: ReactNode }) {
  const { t } = useWords();
  const go = useNavigate();
  const { pathname } = useLocation();
  const { back, title } = props;
  useEffect(() => {
    document.title = `${title} · Tael`;
  }, [title]);
  const leave = () => (typeof back === "string" ? go(back) : window.history.length > 1 ? go(-1) : go("/"));
  return (
    <main className={props.wide ? "page wide" : "page"} id="content" data-at={pathname}>
      <div className={props.bare ? "t-only-heard" : "page-head"}>
        {back && !props.bare && (
          <button type="button" className="icon-button" aria-label={t("common.back")} onClick={() => void leave()}>
            <Icon name="back" />
          </button>
        )}
        <h1>{title}</h1>
        {!props.bare && props.actions}
      </div>
      {props.children}
    </main>
  );
}

// The page while the one thing it shows is on its way, or can't be had.
export function PageWithout(props: { title: string; back?: string | true; error: unknown; retry: () => unknown }) {
  return (
    <Page title={props.title} back={props.back} wide bare={!props.back}>
      {props.error ? <Failure error={props.error} retry={() => void props.retry()} /> : <Loading tall={2} />}
    </Page>
  );
}

export function Card(props: { title?: string; extra?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={`card ${props.className ?? ""}`}>
      {(props.title || props.extra) && (
        <div className="card-head">
          {props.title && <h2>{props.title}</h2>}
          {props.extra}
        </div>
      )}
      {props.children}
    </section>
  );
}

export function Row(props: { label: ReactNode; value: ReactNode; strong?: boolean; tone?: "good" | "soft" }) {
  return (
    <div className={`row ${props.strong ? "strong" : ""} ${props.tone ?? ""}`}>
      <span>{props.label}</span>
      <span className="t-money">{props.value}</span>
    </div>
  );
}
