// Setup.tsx - a real installation from an empty store to a market that sells: the market and its operator, a second person
// for money actions, a bank channel, the first shop. Safe values stand in the fields; every step but the first can wait.
import { CheckCircleFilled } from "@ant-design/icons";
import { api, describe, fieldError, setCsrfToken, useSession, useWords } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, InputNumber, Select, Steps, type FormInstance } from "antd";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { Field, MoneyInput } from "../ui/form";
import { MarketContext, useMarket } from "../ui/market";
import { Mark } from "./Frame";

const currencies = ["CNY", "USD", "EUR", "GBP", "JPY", "BRL", "INR", "KRW", "SGD", "HKD", "CHF", "AUD", "CAD", "MXN", "ZAR"];
const offsets = [-600, -480, -420, -360, -300, -240, -180, 0, 60, 120, 180, 240, 300, 330, 345, 420, 480, 540, 570, 600, 720];
const offset_name = (m: number) => `UTC${m < 0 ? "−" : "+"}${Math.trunc(Math.abs(m) / 60)}${m % 60 ? `:${Math.abs(m % 60)}` : ""}`;
const password_min = 10, ppb = 10_000_000;

type First = { market_name: string; currency: string; utc_offset_minutes: number; capital?: number; operator_email: string; operator_password: string };

// One step: its form, its refusals beside the fields, on or later.
function StepForm<V extends object>(props: { title: string; lead: string; initial: Partial<V>; submit: string; run: (values: V) => Promise<unknown>; next: (values: V) => void; later?: () => void; children: (form: FormInstance<V>) => ReactNode }) {
  const { t } = useWords();
  const [form] = Form.useForm<V>();
  const [busy, setBusy] = useState(false), [error, setError] = useState<unknown>(null);
  async function send(values: V) {
    setBusy(true);
    setError(null);
    try {
      await props.run(values);
      props.next(values);
    } catch (e) {
      setError(e);
      form.setFields(Object.keys(values).map((name) => ({ name: name as never, errors: [fieldError(e, `/${name}`)].filter((x) => x !== undefined) })));
    } finally {
      setBusy(false);
    }
  }
  const problem = error ? describe(t, error) : null;
  return (
    <section className="c-sheet">
      <h2>{props.title}</h2>
      <p className="c-lead c-gap">{props.lead}</p>
      {problem && <Alert type="error" showIcon title={problem.title} description={problem.detail} className="c-gap" />}
      <Form form={form} layout="vertical" initialValues={props.initial as never} onFinish={(v) => void send(v)}>
        {props.children(form)}
        <div className="c-row end">
          {props.later && <Button type="text" onClick={props.later}>{t("setup.later")}</Button>}
          <Button type="primary" size="large" htmlType="submit" loading={busy} data-test="next">{props.submit}</Button>
        </div>
      </Form>
    </section>
  );
}

function MarketStep(props: { next: (first: First) => void }) {
  const { t, lang } = useWords();
  const { signIn } = useSession();
  const [form_currency, setCurrency] = useState(lang === "zh" ? "CNY" : "USD");
  const market = useMarket();
  const here = -new Date().getTimezoneOffset();
  const run = async (v: First) => {
    await api.post("/v1/setup", { body: v as never });
    await signIn(v.operator_email, v.operator_password);
  };
  return (
    <MarketContext.Provider value={{ ...market, currency: form_currency }}>
      <StepForm<First> title={t("setup.marketTitle")} lead={t("setup.marketLead")} submit={t("setup.marketSubmit")} run={run} next={props.next}
        initial={{ currency: form_currency, utc_offset_minutes: offsets.includes(here) ? here : 0 }}>
        {() => (
          <>
            <Field need name="market_name" label={t("setup.marketName")}><Input maxLength={120} size="large" /></Field>
            <div className="c-form-two">
              <Field need name="currency" label={t("setup.currency")} extra={t("setup.forGood")}><Select showSearch onChange={setCurrency} options={currencies.map((value) => ({ value, label: value }))} /></Field>
              <Field need name="utc_offset_minutes" label={t("setup.zone")} extra={t("setup.forGood")}><Select options={offsets.map((value) => ({ value, label: offset_name(value) }))} /></Field>
            </div>
            <Field name="capital" label={t("setup.capital")} extra={t("setup.capitalHint")}><MoneyInput /></Field>
            <div className="c-form-two">
              <Field need name="operator_email" label={t("setup.operatorEmail")}><Input type="email" autoComplete="username" /></Field>
              <Field need name="operator_password" label={t("setup.password")} extra={t("setup.passwordHint", { n: password_min })} rules={[{ min: password_min, message: t("setup.passwordHint", { n: password_min }) }]}><Input.Password autoComplete="new-password" /></Field>
            </div>
          </>
        )}
      </StepForm>
    </MarketContext.Provider>
  );
}

type Second = { name: string; email: string; password: string; supervisor_email?: string };
function PeopleStep(props: { next: () => void }) {
  const { t } = useWords();
  const run = async (v: Second) => {
    await api.post("/v1/users", { body: { role: "operator", name: v.name, email: v.email, password: v.password } });
    if (v.supervisor_email) await api.post("/v1/users", { body: { role: "supervisor", name: t("st.supervisor"), email: v.supervisor_email, password: v.password } });
  };
  return (
    <StepForm<Second> title={t("setup.peopleTitle")} lead={t("setup.peopleLead")} submit={t("common.next")} run={run} next={props.next} later={props.next} initial={{}}>
      {() => (
        <>
          <Field need name="name" label={t("setup.personName")}><Input maxLength={100} /></Field>
          <div className="c-form-two">
            <Field need name="email" label={t("signin.email")}><Input type="email" autoComplete="off" /></Field>
            <Field need name="password" label={t("setup.firstPassword")} extra={t("setup.passwordHint", { n: password_min })} rules={[{ min: password_min, message: t("setup.passwordHint", { n: password_min }) }]}><Input.Password autoComplete="new-password" /></Field>
          </div>
          <Field name="supervisor_email" label={t("setup.supervisorEmail")} extra={t("setup.supervisorHint")}><Input type="email" autoComplete="off" /></Field>
        </>
      )}
    </StepForm>
  );
}

type Channel = { name: string; url: string };
function ChannelStep(props: { next: () => void }) {
  const { t } = useWords();
  return (
    <StepForm<Channel> title={t("setup.channelTitle")} lead={t("setup.channelLead")} submit={t("common.next")} next={props.next} later={props.next} initial={{ name: t("setup.channelDefault") }}
      run={(v) => api.post("/v1/channels", { body: { name: v.name, kind: "bank-sim", url: v.url, auto_capture: true } })}>
      {() => (
        <div className="c-form-two">
          <Field need name="name" label={t("setup.channelName")}><Input maxLength={60} /></Field>
          <Field need name="url" label={t("setup.channelUrl")} extra={t("setup.channelHint")}><Input type="url" placeholder="https://bank.example.com/tael" /></Field>
        </div>
      )}
    </StepForm>
  );
}

type Shop = { name: string; slug: string; email: string; password: string; commission: number; settle_days: number };
const slug_of = (name: string) => name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);

function ShopStep(props: { first: First; next: () => void }) {
  const { t } = useWords();
  const { first } = props;
  // The shop is opened as the merchant, then approved as the operator who is setting up.
  const run = async (v: Shop) => {
    await api.post("/v1/sellers", { body: { name: v.name, person_name: v.name, email: v.email, password: v.password } });
    const enter = async (email: string, password: string) => setCsrfToken((await api.post("/v1/sessions", { body: { email, password } })).csrf_token);
    try {
      await enter(v.email, v.password);
      const terms = { commission_ppb: Math.round(v.commission * ppb), settle_days: v.settle_days, settle_rule: "calendar_days" as const };
      const shop = await api.post("/v1/shops", { body: { name: v.name, slug: v.slug, terms } as never });
      await enter(first.operator_email, first.operator_password);
      await api.post("/v1/shops/{shp}/contracts/{ctr}/approve", { path: { shp: shop.shop, ctr: shop.contract } });
    } catch (e) {
      await enter(first.operator_email, first.operator_password);
      throw e;
    }
  };
  return (
    <StepForm<Shop> title={t("setup.shopTitle")} lead={t("setup.shopLead")} submit={t("setup.finish")} run={run} next={props.next} later={props.next} initial={{ commission: 6, settle_days: 7 }}>
      {(form) => (
        <>
          <div className="c-form-two">
            <Field need name="name" label={t("setup.shopName")}><Input maxLength={120} onChange={(e) => form.setFieldsValue({ slug: slug_of(e.target.value) })} /></Field>
            <Field need name="slug" label={t("setup.shopSlug")} rules={[{ pattern: /^[a-z0-9-]{3,60}$/, message: t("setup.slugHint") }]}><Input prefix="/shops/" maxLength={60} /></Field>
            <Field need name="email" label={t("setup.merchantEmail")}><Input type="email" autoComplete="off" /></Field>
            <Field need name="password" label={t("setup.firstPassword")} extra={t("setup.passwordHint", { n: password_min })} rules={[{ min: password_min, message: t("setup.passwordHint", { n: password_min }) }]}><Input.Password autoComplete="new-password" /></Field>
            <Field need name="commission" label={t("setup.commission")}><InputNumber min={0} max={100} step={0.5} suffix="%" style={{ width: "100%" }} /></Field>
            <Field need name="settle_days" label={t("setup.settleDays")} extra={t("setup.settleHint")}><InputNumber min={0} max={365} precision={0} style={{ width: "100%" }} /></Field>
          </div>
        </>
      )}
    </StepForm>
  );
}

function Finished() {
  const { t } = useWords();
  const go = useNavigate();
  const queries = useQueryClient();
  return (
    <section className="c-sheet t-state" data-test="finished">
      <CheckCircleFilled style={{ fontSize: 56, color: "var(--t-good)" }} />
      <h2>{t("setup.doneTitle")}</h2>
      <p>{t("setup.doneText")}</p>
      <Button type="primary" size="large" onClick={() => void queries.invalidateQueries().then(() => go("/"))}>{t("setup.open")}</Button>
    </section>
  );
}

export default function Setup() {
  const { t, lang, setLang } = useWords();
  const market = useMarket();
  const { me } = useSession();
  const go = useNavigate();
  const queries = useQueryClient();
  const [first, setFirst] = useState<First | null>(null);
  const [step, setStep] = useState(0);
  const steps = [t("setup.s1"), t("setup.s2"), t("setup.s3"), t("setup.s4")];
  const start = (values: First) => {
    setFirst(values);
    setStep(1);
    void queries.invalidateQueries({ queryKey: ["market"] });
  };
  if (market.is_set_up && !first) {
    return <div className="c-setup"><section className="c-sheet t-state"><h2>{t("setup.already")}</h2><Button type="primary" onClick={() => void go("/")}>{me ? t("setup.open") : t("common.signIn")}</Button></section></div>;
  }
  return (
    <main className="c-setup">
      <header><span className="c-brand"><Mark />Tael</span><Button type="text" onClick={() => void setLang(lang === "en" ? "zh" : "en")} data-test="language">{lang === "en" ? "中文" : "English"}</Button></header>
      <h1>{t("setup.title")}</h1>
      <p className="c-lead c-gap">{t("setup.lead")}</p>
      <Steps current={step} items={steps.map((title) => ({ title }))} size="small" responsive={false} titlePlacement="vertical" />
      {step === 0 && <MarketStep next={start} />}
      {step === 1 && <PeopleStep next={() => setStep(2)} />}
      {step === 2 && <ChannelStep next={() => setStep(3)} />}
      {step === 3 && first && <ShopStep first={first} next={() => setStep(4)} />}
      {step === 4 && <Finished />}
    </main>
  );
}
