// MePage.tsx - one's own corner: wallet, messages, profile, and how the application looks and speaks.
import { api, fieldError, sentence, useAction, useSession, useWords } from "@tael/shared";
import { lazy, Suspense, useState, type FormEvent, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { cards, placed } from "../../boards";
import { LanguageChoice, ThemeSwitch } from "../../ui/choices";
import { Icon } from "../../ui/Icon";
import { Card, Page } from "../../ui/Page";
import { Button, Field, filled, Sheet, useSignInPath } from "../../ui/parts";
import { toast } from "../../ui/toast";

function Line(props: { icon: ReactNode; title: string; to?: string; value?: string; onClick?: () => void }) {
  const { icon, title, to, value, onClick } = props;
  const content = (
    <>
      {icon}
      <span>{title}</span>
      {value && <small dir="auto">{value}</small>}
      <Icon name={value ? "copy" : "next"} size={16} />
    </>
  );
  if (to?.startsWith("/console") || to === "/docs") {
    return (
      <a className="line" href={to}>
        {content}
      </a>
    );
  }
  if (to) {
    return (
      <Link className="line" to={to}>
        {content}
      </Link>
    );
  }
  return (
    <button type="button" className="line" onClick={onClick}>
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
          {(id, d) => <input id={id} aria-describedby={d} type="tel" maxLength={32} value={form.phone} onChange={(e) => setForm({ ...form, phone: e.target.value })} />}
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
  const { t } = useWords();
  return (
    <Card title={t("me.settings")} className="lines">
      <div className="line still">
        <Icon name="globe" size={20} />
        <span>{t("common.language")}</span>
        <LanguageChoice />
      </div>
      <div className="line still">
        <Icon name="sun" size={20} />
        <span>{t("common.theme")}</span>
        <ThemeSwitch />
      </div>
      {placed("settings").map((e) => (
        <Line key={e.path} icon={e.icon} title={t(e.title)} to={e.path} />
      ))}
      <Line icon={<Icon name="copy" size={20} />} title={t("app.api")} to="/docs" />
    </Card>
  );
}

const mine = cards.filter((c) => c.onMe).map((c) => ({ ...c, View: lazy(c.load) }));

function Head() {
  const { t } = useWords();
  const { me } = useSession();
  const go = useNavigate(), path = useSignInPath();
  return (
    <section className="card person">
      <span className="avatar" aria-hidden="true">
        {me ? ([...me.user.name.trim()][0] ?? "?") : <Icon name="me" />}
      </span>
      <div>
        <h2 dir="auto">{me ? me.user.name : t("state.signedOutTitle")}</h2>
        <p dir="auto">{me ? me.user.email : t("state.signedOutText")}</p>
      </div>
      {!me && <Button onClick={() => void go(path)}>{t("common.signIn")}</Button>}
    </section>
  );
}

export default function MePage() {
  const { t } = useWords();
  const { me, has, signOut } = useSession();
  const go = useNavigate();
  const [edits, setEdits] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(me?.user.user ?? "");
    toast(t("common.copied"), true);
  }
  return (
    <Page title={t("me.title")} bare wide>
      <div className="two-columns">
        <div>
          <Head />
          {mine
            .filter((c) => !c.scope || has(c.scope))
            .map(({ name, View }) => (
              <Suspense key={name} fallback={<div className="card placeholder" />}>
                <View />
              </Suspense>
            ))}
          {me && (
            <Card className="lines">
              {placed("me")
                .filter((e) => !e.scope || has(e.scope))
                .map((e) => (
                  <Line key={e.path} icon={e.icon} title={t(e.title)} to={e.path} />
                ))}
              {!has("buy") && <Line icon={<Icon name="spark" size={20} />} title={t("me.goConsole")} to="/console/" />}
              <Line icon={<Icon name="me" size={20} />} title={t("me.profile")} onClick={() => setEdits(true)} />
              <Line icon={<Icon name="lock" size={20} />} title={t("me.security")} to="/security" />
              <Line icon={<Icon name="card" size={20} />} title={t("me.number")} value={me.user.user} onClick={() => void copy()} />
            </Card>
          )}
        </div>
        <div>
          <Settings />
          {me && (
            <Button wide quiet onClick={() => void signOut().then(() => go("/"))}>
              {t("common.signOut")}
            </Button>
          )}
        </div>
      </div>
      {me && edits && <Profile open={edits} onClose={() => setEdits(false)} />}
    </Page>
  );
}
