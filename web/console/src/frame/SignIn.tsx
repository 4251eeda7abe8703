// SignIn.tsx - the door. A made-up market offers its people's logins, as the server tells them; a real one has none.
import { ArrowRightOutlined } from "@ant-design/icons";
import { sentence, useAction, useSession, useWords } from "@tael/shared";
import { Alert, Button, Form, Input } from "antd";
import { useMarket } from "../ui/market";
import { Mark } from "./Frame";

export function SignIn() {
  const { t, lang, setLang } = useWords();
  const market = useMarket();
  const { signIn } = useSession();
  const action = useAction(async (_key: string, email: string, password: string) => void (await signIn(email, password)));
  const enter = (email: string, password: string) => void action.start(email, password).catch(() => undefined);
  return (
    <div className="c-door">
      <section className="c-door-claim" aria-hidden="true">
        <Mark />
        <h1>{t("signin.claim")}</h1>
        <ul>
          <li>{t("signin.point1")}</li>
          <li>{t("signin.point2")}</li>
          <li>{t("signin.point3")}</li>
        </ul>
      </section>
      <main className="c-door-form">
        <Button type="text" className="c-door-lang" onClick={() => void setLang(lang === "en" ? "zh" : "en")} data-test="language">{lang === "en" ? "中文" : "English"}</Button>
        <p className="c-brand"><Mark /><span>{market.name}</span></p>
        <h2>{t("signin.title")}</h2>
        <p className="c-lead">{t("signin.lead")}</p>
        {action.error ? <Alert type="error" showIcon title={sentence(t, action.error)} /> : null}
        <Form layout="vertical" requiredMark={false} onFinish={(v: { email: string; password: string }) => enter(v.email, v.password)}>
          <Form.Item name="email" label={t("signin.email")} rules={[{ required: true, message: "" }]}><Input type="email" autoComplete="username" size="large" /></Form.Item>
          <Form.Item name="password" label={t("signin.password")} rules={[{ required: true, message: "" }]}><Input.Password autoComplete="current-password" size="large" /></Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={action.busy}>{t("signin.submit")}</Button>
        </Form>
        {market.demo_logins.length > 0 && (
          <section className="c-demo">
            <h3>{t("signin.demo")}</h3>
            <p>{t("signin.demoText")}</p>
            {market.demo_logins.filter((p) => p.role !== "buyer").map((p) => (
              <button key={p.email} type="button" onClick={() => enter(p.email, market.demo_password)} data-test={`demo-${p.email}`}>
                <span><b>{t(`st.${p.role}`)}</b><small>{p.email} · {lang === "zh" ? p.what_zh : p.what_en}</small></span>
                <ArrowRightOutlined aria-hidden="true" />
              </button>
            ))}
          </section>
        )}
      </main>
    </div>
  );
}
