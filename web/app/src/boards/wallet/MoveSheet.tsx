// MoveSheet.tsx - filling, sending and taking out: an amount, who or by what, and what will be left.
import { api, fieldError, parseMoney, sentence, useAction, useWords, type Schema } from "@tael/shared";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useShow } from "../../ui/market";
import { Button, Field, Sheet } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { watchWallet } from "./useWallet";
import { Instrument, newInstrument, useInstrument, type InstrumentValue } from "../cart/Instrument";

export type Act = "topUp" | "send" | "withdraw";
type Moved = Schema<"WalletMoved">;
const quick = [50_00, 100_00, 200_00, 500_00];

function Form(props: { act: Act; available: number; onDone: () => void }) {
  const { t } = useWords();
  const show = useShow(), queries = useQueryClient();
  const { act, available } = props;
  const [text, setText] = useState(""), [to, setTo] = useState(""), [instrument, setInstrument] = useState<InstrumentValue>({ ...newInstrument, method: act === "withdraw" ? "bank" : "card" });
  const ready = useInstrument(instrument);
  const amount = parseMoney(text, show.currency);
  const out = act !== "topUp";
  const move = useAction(async (key: string): Promise<Moved> => {
    const base = { amount: amount ?? 0, currency: show.currency };
    const by = { ...base, channel: ready.channel, method: ready.method, token: ready.token };
    if (act === "send") return api.post("/v1/wallet/transfers", { key, body: { ...base, to: to.trim() } });
    return act === "topUp" ? api.post("/v1/wallet/top-ups", { key, body: by }) : api.post("/v1/wallet/withdrawals", { key, body: by });
  });
  async function submit(e: FormEvent) {
    e.preventDefault();
    try {
      const done = await move.start();
      if (!done) return;
      toast(done.state === "failed" ? t("wallet.failed") : done.state === "pending" ? t("wallet.pending") : t(act === "topUp" ? "wallet.doneTopUp" : "wallet.sent"));
      if (done.state === "pending") watchWallet();
      await queries.invalidateQueries({ queryKey: ["wallet"] });
      await queries.invalidateQueries({ queryKey: ["/v1/wallet/statement"] });
      props.onDone();
    } catch (error) {
      toast(sentence(t, error));
    }
  }
  const too_much = out && amount !== null && amount > available;
  const wrong = text !== "" && amount === null ? t("problem.malformed") : too_much ? t("wallet.tooMuch") : fieldError(move.error, "/amount");
  const after = amount === null ? null : out ? available - amount : available + amount;
  return (
    <form className="form" onSubmit={(e) => void submit(e)}>
      <p>{t(`wallet.${act}Text`)}</p>
      {/* While an answer is missing the question stays as it was asked. */}
      <fieldset className="form bare" disabled={move.isOpen}>
      {act === "send" && (
        <Field label={t("wallet.to")} hint={t("wallet.toHint")} error={fieldError(move.error, "/to")}>
          {(id, d) => <input id={id} aria-describedby={d} required autoComplete="off" maxLength={17} placeholder="usr_" value={to} onChange={(e) => setTo(e.target.value)} />}
        </Field>
      )}
      <Field label={t("wallet.amount")} error={wrong} hint={after !== null && after >= 0 ? t("wallet.receives", { amount: show.money(after) }) : undefined}>
        {(id, d) => <input id={id} aria-describedby={d} className="big" inputMode="decimal" required autoComplete="off" value={text} onChange={(e) => setText(e.target.value)} />}
      </Field>
      <div className="quick">
        {quick.map((q) => (
          <button type="button" key={q} onClick={() => setText(String(q / 100))}>
            {show.money(q)}
          </button>
        ))}
      </div>
      {act !== "send" && <Instrument value={instrument} onChange={setInstrument} methods={act === "withdraw" ? ["bank"] : undefined} error={fieldError(move.error, "/token")} />}
      </fieldset>
      {move.isOpen && (
        <p className="notice wait" role="alert">
          {t("wallet.unheard")}
        </p>
      )}
      <Button wide submit busy={move.busy} disabled={amount === null || amount <= 0 || too_much || (act !== "send" && !ready.isReady) || (act === "send" && to.trim() === "")}>
        {t(move.isOpen ? "wallet.ask" : `wallet.${act}`)}
      </Button>
    </form>
  );
}

export function MoveSheet(props: { act: Act | null; available: number; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Sheet open={props.act !== null} title={props.act ? t(`wallet.${props.act}`) : ""} onClose={props.onClose}>
      {props.act && <Form key={props.act} act={props.act} available={props.available} onDone={props.onClose} />}
    </Sheet>
  );
}
