// SecurityPage.tsx - where one is signed in, and the password.
import { ago, api, Failure, fieldError, Loading, sentence, useAction, useList, useWords } from "@tael/shared";
import { useState, type FormEvent } from "react";
import { Icon } from "../../ui/Icon";
import { useShow } from "../../ui/market";
import { Card, Page } from "../../ui/Page";
import { Button, Field, Gate, ListEnd } from "../../ui/parts";
import { toast } from "../../ui/toast";

function Sessions() {
  const { t, locale } = useWords();
  const show = useShow(), list = useList("/v1/sessions", { limit: 100 });
  const end = useAction((key: string, ses: string) => api.delete("/v1/sessions/{ses}", { path: { ses }, key }));
  if (list.isPending) return <Loading lines={3} />;
  if (list.error && list.items.length === 0) return <Failure error={list.error} retry={() => void list.refetch()} />;
  const others = list.items.filter((s) => !s.is_current);
  async function stop(sessions: string[]) {
    try {
      for (const session of sessions) await end.start(session);
      toast(t("me.ended"), true);
    } catch (e) {
      toast(sentence(t, e));
    }
    await list.refetch();
  }
  const own_first = [...list.items].sort((a, b) => Number(b.is_current) - Number(a.is_current));
  return (
    <>
      <ul className="plain-list">
        {own_first.map((s) => (
          <li key={s.session}>
            <span className="round-icon small">
              <Icon name="globe" size={18} />
            </span>
            <span className="statement-words">
              {s.remote || t("me.unknownDevice")}
              <small>
                {t("me.since", { time: show.time(s.created_at) })}
                {s.seen_at && ` · ${t("me.seen", { time: ago(s.seen_at, locale) })}`}
              </small>
            </span>
            {s.is_current ? (
              <span className="t-chip good">{t("me.thisOne")}</span>
            ) : (
              <Button quiet small busy={end.busy} onClick={() => void stop([s.session])}>
                {t("me.end")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <div className="card-actions">
          <Button quiet busy={end.busy} onClick={() => void stop(others.map((s) => s.session))}>
            {t("me.endOthers")}
          </Button>
        </div>
      )}
      <ListEnd list={list} />
    </>
  );
}

function Password() {
  const { t } = useWords();
  const [form, setForm] = useState({ current: "", new_password: "" });
  const change = useAction((key) => api.put("/v1/me/password", { body: form, key }));
  async function submit(e: FormEvent) {
    e.preventDefault();
    try {
      await change.start();
      setForm({ current: "", new_password: "" });
      toast(t("me.changed"), true);
    } catch (error) {
      toast(sentence(t, error));
    }
  }
  return (
    <form className="form" onSubmit={(e) => void submit(e)}>
      <Field label={t("me.current")} error={fieldError(change.error, "/current")}>
        {(id, d) => <input id={id} aria-describedby={d} type="password" required autoComplete="current-password" value={form.current} onChange={(e) => setForm({ ...form, current: e.target.value })} />}
      </Field>
      <Field label={t("me.fresh")} hint={t("me.passwordHint")} error={fieldError(change.error, "/new_password")}>
        {(id, d) => <input id={id} aria-describedby={d} type="password" required autoComplete="new-password" value={form.new_password} onChange={(e) => setForm({ ...form, new_password: e.target.value })} />}
      </Field>
      <Button wide submit busy={change.busy}>
        {t("me.change")}
      </Button>
    </form>
  );
}

export default function SecurityPage() {
  const { t } = useWords();
  return (
    <Page title={t("me.security")} back="/me" wide>
      <Gate scope="self">
        <div className="two-columns">
          <Card title={t("me.sessions")}>
            <Sessions />
          </Card>
          <Card title={t("me.change")}>
            <Password />
          </Card>
        </div>
      </Gate>
    </Page>
  );
}
