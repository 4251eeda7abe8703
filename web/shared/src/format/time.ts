// time.ts - moments and days in the reader's own zone and form. A business date is a day of the market and is never
// moved to another zone.

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}/${name}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

export function dateTime(at: string, locale = "en"): string {
  return at ? format(locale, "both", { dateStyle: "medium", timeStyle: "short" }).format(new Date(at)) : "";
}

export function clockTime(at: string, locale = "en"): string {
  return at ? format(locale, "time", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at)) : "";
}

// "2026-11-22" as a day; its parts are read as they stand.
export function day(on: string, locale = "en"): string {
  if (!on) return "";
  const midnight = on.length === 10 ? new Date(`${on}T00:00:00Z`) : new Date(on);
  const zone: Intl.DateTimeFormatOptions = on.length === 10 ? { timeZone: "UTC" } : {};
  return format(locale, `day${on.length === 10}`, { dateStyle: "medium", ...zone }).format(midnight);
}

const steps: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [30, "day"],
  [12, "month"],
  [Infinity, "year"],
];

// "3 minutes ago", for what is recent; `now` in milliseconds.
export function ago(at: string, locale = "en", now = Date.now()): string {
  let value = (new Date(at).getTime() - now) / 1000;
  for (const [size, unit] of steps) {
    if (Math.abs(value) < size) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(value), unit);
    value /= size;
  }
  return "";
}
