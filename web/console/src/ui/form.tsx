// form.tsx - fields and sheets for doing things: an amount in minor units, a drawer with a form whose refusals stand beside
// the fields they are about, and one action with its toast.
import { describe, fieldError, parseMoney, plainMoney, scaleOf, sentence, useAction, useWords } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Form, Input, type FormInstance, type FormItemProps } from "antd";
import { useState, type ReactNode } from "react";
import { useMarket } from "./market";

// Minor units in and out; what the person types stays text.
export function MoneyInput(props: { value?: number | null; onChange?: (minor: number | null) => void; id?: string; disabled?: boolean; "aria-label"?: string }) {
  const { currency } = useMarket();
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (props.value === undefined || props.value === null ? "" : plainMoney(props.value, currency));
  const typed = (next: string) => {
    setText(next);
    props.onChange?.(next === "" ? null : parseMoney(next, currency));
  };
  const bad = shown !== "" && parseMoney(shown, currency) === null;
  return (
    <Input {...(props.id ? { id: props.id } : {})} aria-label={props["aria-label"]} inputMode="decimal" value={shown} disabled={props.disabled ?? false} status={bad ? "error" : ""} prefix={<span className="c-faint">{currency}</span>}
      placeholder={scaleOf(currency) > 0 ? `0.${"0".repeat(scaleOf(currency))}` : "0"} onChange={(e) => typed(e.target.value)} onBlur={() => setText(null)} />
  );
}

export function Field(props: FormItemProps & { need?: boolean }) {
  const { need, rules, ...rest } = props;
  const { t } = useWords();
  return <Form.Item {...rest} required={need ?? false} rules={[...(need ? [{ required: true, message: t("form.need") }] : []), ...(rules ?? [])]} />;
}

// A drawer with a form. `run` gets the values and a key; what the server refuses is shown at its field or above.
export function FormDrawer<V extends object>(props: {
  open: boolean;
  title: string;
  lead?: ReactNode;
  submit: string;
  initial?: Partial<V>;
  onClose: () => void;
  run: (values: V, key: string) => Promise<unknown>;
  done?: string;
  children: (form: FormInstance<V>) => ReactNode;
  width?: number;
}) {
  const { t } = useWords();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<V>();
  const action = useAction(async (key: string, values: V) => props.run(values, key));
  const close = () => {
    action.clear();
    form.resetFields();
    props.onClose();
  };
  const send = async (values: V) => {
    try {
      await action.start(values);
      await queries.invalidateQueries();
      void message.success(props.done ?? t("common.done"));
      close();
    } catch (e) {
      const names = Object.keys(form.getFieldsValue(true) as object);
      form.setFields(names.map((name) => ({ name: name as never, errors: [fieldError(e, `/${name}`)].filter((x) => x !== undefined) })));
    }
  };
  const problem = action.error ? describe(t, action.error) : null;
  return (
    <Drawer open={props.open} onClose={close} title={props.title} size={props.width ?? 440} destroyOnHidden
      footer={<div className="c-row end"><Button onClick={close}>{t("common.cancel")}</Button><Button type="primary" loading={action.busy} onClick={() => form.submit()} data-test="submit">{props.submit}</Button></div>}>
      {props.lead && <p className="c-lead">{props.lead}</p>}
      {problem && <Alert type="error" showIcon title={problem.title} description={problem.detail} className="c-gap" />}
      <Form form={form} layout="vertical" initialValues={props.initial as never} onFinish={(v) => void send(v)} preserve={false}>{props.children(form)}</Form>
    </Drawer>
  );
}

// A button that does one thing, perhaps after a question, and says how it went.
export function ActionButton(props: { run: (key: string) => Promise<unknown>; children: ReactNode; ask?: string; primary?: boolean; danger?: boolean; done?: string; size?: "small" | "middle"; disabled?: boolean; icon?: ReactNode; test?: string }) {
  const { t } = useWords();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const action = useAction(async (key: string) => props.run(key));
  const go = async () => {
    try {
      await action.start();
      await queries.invalidateQueries();
      void message.success(props.done ?? t("common.done"));
    } catch (e) {
      void message.error(sentence(t, e), 6);
    }
  };
  const click = () =>
    props.ask ? void modal.confirm({ title: props.ask, okText: t("common.confirm"), cancelText: t("common.cancel"), okButtonProps: { danger: props.danger ?? false }, onOk: go }) : void go();
  return (
    <Button type={props.primary ? "primary" : "default"} danger={props.danger ?? false} size={props.size ?? "middle"} loading={action.busy} disabled={props.disabled ?? false} onClick={click} icon={props.icon} data-test={props.test}>
      {props.children}
    </Button>
  );
}
