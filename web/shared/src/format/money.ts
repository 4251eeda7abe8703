// money.ts - amounts are whole minor units from the server to the eye and back: never a fraction, never a float. Text is
// made from the digits themselves, so that 9007199254740991 fen come out to the last digit.

export type Minor = number | bigint;

const scales = new Map<string, number>();

// Digits behind the point: 2 for CNY, 0 for JPY.
export function scaleOf(currency: string): number {
  let scale = scales.get(currency);
  if (scale === undefined) {
    scale = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    scales.set(currency, scale);
  }
  return scale;
}

// 1234 CNY -> "12.34", for fields and files.
export function plainMoney(minor: Minor, currency: string): string {
  const scale = scaleOf(currency), value = BigInt(minor);
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale), part = digits.slice(digits.length - scale);
  return `${value < 0n ? "-" : ""}${whole}${scale > 0 ? `.${part}` : ""}`;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, currency: string, signed: boolean): Intl.NumberFormat {
  const name = `${locale}/${currency}/${signed}`;
  let found = formats.get(name);
  if (!found) {
    const signDisplay = signed ? "exceptZero" : "auto";
    found = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol", signDisplay });
    formats.set(name, found);
  }
  return found;
}

// "¥12.34"; signed: "+¥12.34". A decimal text is formatted digit by digit, without a detour through a float.
export function money(minor: Minor, currency: string, locale = "en", signed = false): string {
  if (!/^[A-Z]{3}$/.test(currency)) return String(minor);
  return format(locale, currency, signed).format(plainMoney(minor, currency) as unknown as number);
}

// What a person typed, as minor units: "12.3" -> 1230, "1,234.5" -> 123450; null when it is no amount.
export function parseMoney(text: string, currency: string): number | null {
  const scale = scaleOf(currency);
  const plain = text
    .replace(/[０-９]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0))
    .replace(/[．。]/g, ".")
    .replace(/[\s,，]/g, "");
  const found = /^(\d{1,15})(?:\.(\d*))?$/.exec(plain);
  if (!found || (found[2] ?? "").length > scale) return null;
  const minor = BigInt(found[1] + (found[2] ?? "").padEnd(scale, "0"));
  return minor <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(minor) : null;
}

// "12,345" for counts.
export function count(n: Minor, locale = "en"): string {
  return new Intl.NumberFormat(locale).format(n);
}
