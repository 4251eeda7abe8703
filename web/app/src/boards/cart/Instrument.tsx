// Instrument.tsx - an outside way to pay: the channel, the method, and the token its form gave. In a demonstration the
// token is one of the simulated bank's test cards. A card number is never asked for.
import { useList, useWords } from "@tael/shared";
import { useMarket } from "../../ui/market";
import { Field } from "../../ui/parts";

export const methods = ["card", "debit", "bank", "wallet", "boleto"] as const;
export type Method = (typeof methods)[number];
export type InstrumentValue = { channel: string; method: Method; token: string };
export const newInstrument: InstrumentValue = { channel: "", method: "card", token: "" };

const test_cards = [
  ["tok_visa", "cardGood"],
  ["tok_late", "cardLate"],
  ["tok_unknown", "cardUnknown"],
  ["tok_decline", "cardDecline"],
] as const;

export const isDemo = (market: ReturnType<typeof useMarket>) => (market?.demo_logins.length ?? 0) > 0;

// What is sent when nothing else was chosen: the first channel, and in a demonstration the card that approves.
export function useInstrument(value: InstrumentValue): InstrumentValue & { channelName: string; isReady: boolean } {
  const channels = useList("/v1/payment-channels").items;
  const market = useMarket();
  const channel = channels.find((c) => c.channel === value.channel) ?? channels[0];
  const token = value.token || (isDemo(market) ? test_cards[0][0] : "");
  return { channel: channel?.channel ?? "", channelName: channel?.name ?? "", method: value.method, token, isReady: !!channel && token !== "" };
}

export function useMethodName() {
  const { t } = useWords();
  return (m: Method) => t(m === "wallet" ? "cart.walletMethod" : `cart.${m}`);
}

export function Instrument(props: { value: InstrumentValue; onChange: (v: InstrumentValue) => void; error?: string; methods?: readonly Method[] }) {
  const { t } = useWords();
  const { value, onChange } = props;
  const channels = useList("/v1/payment-channels").items;
  const demo = isDemo(useMarket()), name = useMethodName();
  return (
    <>
      <div className="two roomy">
        {channels.length > 1 && (
          <Field label={t("cart.channel")}>
            {(id) => (
              <select id={id} value={value.channel} onChange={(e) => onChange({ ...value, channel: e.target.value })}>
                {channels.map((c) => (
                  <option key={c.channel} value={c.channel}>
                    {c.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field label={t("cart.method")}>
          {(id) => (
            <select id={id} value={value.method} onChange={(e) => onChange({ ...value, method: e.target.value as Method })}>
              {(props.methods ?? methods).map((m) => (
                <option key={m} value={m}>
                  {name(m)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {demo && (
          <Field label={t("cart.testCard")} error={props.error}>
            {(id, d) => (
              <select id={id} aria-describedby={d} value={value.token} onChange={(e) => onChange({ ...value, token: e.target.value })}>
                {test_cards.map(([token, words], i) => (
                  <option key={token} value={i === 0 ? "" : token}>
                    {t(`cart.${words}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
      </div>
      {!demo && (
        <Field label={t("cart.token")} hint={t("cart.tokenHint")} error={props.error}>
          {(id, d) => <input id={id} aria-describedby={d} autoComplete="off" maxLength={200} value={value.token} onChange={(e) => onChange({ ...value, token: e.target.value })} />}
        </Field>
      )}
    </>
  );
}
