// MePage.tsx - one's own corner: wallet, messages, profile, and how the application looks and speaks.
import { api, fieldError, sentence, useAction, useSession, useTheme, useWords, type ThemeChoice } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { Link, useNavigate } from "react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { Card, Page } from "../../ui/Page";
import { Button, Field, filled, Sheet, useSignInPath } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { restartTour } from "../tour/state";
import WalletCard from "../wallet/WalletCard";

function Line(props: { icon: IconName; title: string; to?: string; value?: string; onClick?: () => void }) {
  const content = (
    <>
      <Icon name={props.icon} size={20} />
      <span>{props.title}</span>
      {props.value && <small dir="auto">{props.value}</small>}
      <Icon name="next" size={16} />
    </>
  );
  if (props.to?.startsWith("/console") || props.to === "/docs") {
    return (
      <a className="line" href={props.to}>
        {content}
      </a>
    );
  }
  if (props.to) {
    return (
      <Link className="line" to={props.to}>
        {content}
      </Link>
    );
  }
  return (
    <button type="button" className="line" onClick={props.onClick}>
      {content}
    </button>
  );
}

function Profile(props: { open: boolean; onClose: () => void }) {
  const { t } = useWords();
  const { me, refetch } = useSession();
  const [form, setForm] = useState({ name: me?.user.name ?? "", phone: me?.user.phone ?? "", address: me?.user.address ?? "" });
  const save = useAction((key) => api.patch("/v1/me", { body: filled(form), key }));
  async function submit(e: FormEvent) {
    e.preventDefault();
    try {
      await save.start();
      await refetch();
      toast(t("me.saved"), true);
      props.onClose();
    } catch (error) {
      toast(sentence(t, error));
    }
  }
  const wrong = (name: string) => fieldError(save.error, `/${name}`);
  return (
    <Sheet open={props.open} title={t("me.profile")} onClose={props.onClose}>
      <form className="form" onSubmit={(e) => void submit(e)}>
        <Field label={t("me.name")} error={wrong("name")}>
          {(id, d) => <input id={id} aria-describedby={d} required maxLength={120} value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} />}
        </Field>
        <Field label={t("me.phone")} error={wrong("phone")}>
          {(id, d) => <input id={id} aria-describedby={d} type="tel" maxLength={40} value={form.phone} onChange={(e) => setForm({ ...form, phone: e.target.value })} />}
        </Field>
        <Field label={t("me.address")} error={wrong("address")}>
          {(id, d) => <textarea id={id} aria-describedby={d} rows={3} maxLength={500} value={form.address} onChange={(e) => setForm({ ...form, address: e.target.value })} />}
        </Field>
        <Button wide submit busy={save.busy}>
          {t("common.save")}
        </Button>
      </form>
    </Sheet>
  );
}

function Settings() {
  const { t, lang, setLang } = useWords();
  const theme = useTheme();
  return (
    <Card title={t("me.settings")} className="lines">
      <div className="line still">
        <Icon name="globe" size={20} />
        <span id="language">{t("common.language")}</span>
        <div className="segments" role="group" aria-labelledby="language">
          {(["en", "zh"] as const).map((l) => (
            <button type="button" key={l} lang={l === "zh" ? "zh-Hans" : "en"} aria-pressed={l === lang} onClick={() => void setLang(l)}>
              {l === "en" ? "English" : "中文"}
            </button>
          ))}
        </div>
      </div>
      <div className="line still">
        <Icon name="sun" size={20} />
        <span id="theme">{t("common.theme")}</span>
        <div className="segments" role="group" aria-labelledby="theme">
          {(["auto", "light", "dark"] as ThemeChoice[]).map((c) => (
            <button type="button" key={c} aria-pressed={c === theme.choice} onClick={() => theme.set(c)}>
              {t(c === "auto" ? "common.themeAuto" : c === "light" ? "common.themeLight" : "common.themeDark")}
            </button>
          ))}
        </div>
      </div>
      <Line icon="spark" title={t("me.tour")} onClick={restartTour} />
      <Line icon="copy" title={t("me.api")} to="/docs" />
    </Card>
  );
}

export default function MePage() {
  const { t } = useWords();
  const { me, has, signOut } = useSession();
  const go = useNavigate(), path = useSignInPath();
  const [edits, setEdits] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(me?.user.user ?? "");
    toast(t("common.copied"));
  }
  return (
    <Page title={t("me.title")} bare>
      {me ? (
        <section className="card person">
          <span className="avatar" aria-hidden="true">
            {[...me.user.name.trim()][0] ?? "?"}
          </span>
          <div>
            <h2 dir="auto">{me.user.name}</h2>
            <p dir="auto">{me.user.email}</p>
          </div>
        </section>
      ) : (
        <section className="card person">
          <span className="avatar" aria-hidden="true">
            <Icon name="me" />
          </span>
          <div>
            <h2>{t("state.signedOutTitle")}</h2>
            <p>{t("state.signedOutText")}</p>
          </div>
          <Button onClick={() => void go(path)}>{t("common.signIn")}</Button>
        </section>
      )}
      {has("wallet") && <WalletCard anonymous />}
      {me && (
        <Card className="lines">
          {has("wallet") && <Line icon="wallet" title={t("wallet.title")} to="/wallet" />}
          {has("buy") && <Line icon="bell" title={t("messages.title")} to="/messages" />}
          {!has("buy") && <Line icon="spark" title={t("me.goConsole")} to="/console/" />}
          <Line icon="me" title={t("me.profile")} onClick={() => setEdits(true)} />
          <Line icon="lock" title={t("me.security")} to="/security" />
          <Line icon="copy" title={t("me.number")} value={me.user.user} onClick={() => void copy()} />
        </Card>
      )}
      <Settings />
      {me && (
        <Button wide quiet onClick={() => void signOut().then(() => go("/"))}>
          {t("common.signOut")}
        </Button>
      )}
      {me && edits && <Profile open={edits} onClose={() => setEdits(false)} />}
    </Page>
  );
}
