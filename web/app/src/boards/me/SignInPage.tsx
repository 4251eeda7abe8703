// SignInPage.tsx - signing in, or opening an account as a buyer. A demonstration offers its made-up users.
import { api, fieldError, sentence, useAction, useSession, useWords } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Icon, Mark, type IconName } from "../../ui/Icon";
import { useMarket } from "../../ui/market";
import { Page } from "../../ui/Page";
import { Button, Field } from "../../ui/parts";

// Only a path of this application, never an address from outside.
const safePath = (to: string | null) => (to && /^\/(?![/\\])/.test(to) ? to : "/");
const icons: Record<string, IconName> = { buyer: "cart", seller: "shop", operator: "spark", supervisor: "lock" };

function Logins(props: { onChoose: (email: string, password: string) => void; busy: boolean }) {
  const { t, lang } = useWords();
  const market = useMarket();
  if (!market || market.demo_logins.length === 0) return null;
  const buyers_first = [...market.demo_logins].sort((a, b) => Number(b.role === "buyer") - Number(a.role === "buyer"));
  return (
    <section className="card logins" aria-labelledby="logins">
      <h2 id="logins">{t("me.demoTitle")}</h2>
      <p>
        {t("me.demoText")} <code>{market.demo_password}</code>
      </p>
      <div className="login-list">
        {buyers_first.map((l) => (
          <button type="button" key={l.email} disabled={props.busy} onClick={() => props.onChoose(l.email, market.demo_password)}>
            <span className="round-icon small">
              <Icon name={icons[l.role] ?? "me"} size={20} />
            </span>
            <span>
              <strong>{t(`me.${l.role}`)}</strong>
              <small>{lang === "zh" ? l.what_zh : l.what_en}</small>
            </span>
            <Icon name="next" size={16} />
          </button>
        ))}
      </div>
    </section>
  );
}

export default function SignInPage() {
  const { t } = useWords();
  const { signIn } = useSession();
  const go = useNavigate(), [at] = useSearchParams();
  const [is_new, setNew] = useState(false), [form, setForm] = useState({ email: "", password: "", name: "" });
  const enter = useAction(async (key: string, email: string, password: string, name: string | null) => {
    if (name !== null) await api.post("/v1/registrations", { key, body: { email, password, name } });
    return signIn(email, password);
  });
  async function run(email: string, password: string, name: string | null) {
    const session = await enter.start(email, password, name).catch(() => undefined);
    if (!session) return;
    if (session.kind === "buyer") void go(safePath(at.get("to")), { replace: true });
    else location.assign("/console/");
  }
  function submit(e: FormEvent) {
    e.preventDefault();
    void run(form.email.trim(), form.password, is_new ? form.name.trim() : null);
  }
  const wrong = (name: string) => fieldError(enter.error, `/${name}`);
  return (
    <Page title={t(is_new ? "me.registerTitle" : "me.signInTitle")} bare wide>
      <div className="sign-in">
        <section className="sign-in-lead">
          <Mark size={56} />
          <p className="lead">{t("me.lead")}</p>
          <ul>
            {(["point1", "point2", "point3"] as const).map((p) => (
              <li key={p}>
                <Icon name="check" size={18} />
                {t(`me.${p}`)}
              </li>
            ))}
          </ul>
        </section>
        <div>
          <form className="card form" onSubmit={submit}>
            <h2>{t(is_new ? "me.registerTitle" : "me.signInTitle")}</h2>
            {is_new && (
              <Field label={t("me.name")} error={wrong("name")}>
                {(id, d) => <input id={id} aria-describedby={d} required autoComplete="name" maxLength={120} value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} />}
              </Field>
            )}
            <Field label={t("me.email")} error={wrong("email")}>
              {(id, d) => <input id={id} aria-describedby={d} type="email" required autoComplete="username" maxLength={254} value={form.email} onChange={(e) => setForm({ ...form, email: e.target.value })} />}
            </Field>
            <Field label={t("me.password")} error={wrong("password")} hint={is_new ? t("me.passwordHint") : undefined}>
              {(id, d) => <input id={id} aria-describedby={d} type="password" required autoComplete={is_new ? "new-password" : "current-password"} maxLength={200} value={form.password} onChange={(e) => setForm({ ...form, password: e.target.value })} />}
            </Field>
            {enter.error !== null && (
              <p className="notice bad" role="alert">
                {sentence(t, enter.error)}
              </p>
            )}
            <Button wide submit busy={enter.busy}>
              {t(is_new ? "me.register" : "common.signIn")}
            </Button>
            <button type="button" className="link-button centred" onClick={() => setNew(!is_new)}>
              {t(is_new ? "me.known" : "me.newHere")}
            </button>
          </form>
          <Logins busy={enter.busy} onChoose={(email, password) => void run(email, password, null)} />
        </div>
      </div>
    </Page>
  );
}
