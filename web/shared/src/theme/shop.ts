// shop.ts - a shop's own look, out of the free JSON it keeps as its theme. Whatever is there, what comes out is safe to
// paint with: a colour that text can be read on, one of the known patterns, one of the known layouts.
export const patterns = ["waves", "dots", "lines", "rings", "plain"] as const;
export const layouts = ["grid", "list"] as const;
export type ShopTheme = { colour: string; pattern: (typeof patterns)[number]; layout: (typeof layouts)[number] };

const fallback = "#0b6e5f";

// A small, stable number out of a text: the same shop always gets the same pattern.
export function hashOf(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

const channel = (v: number) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const parts = (hex: string) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

// Relative luminance (WCAG 2.2).
export function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = parts(hex).map((v) => channel(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Darkened until white text on it has a contrast of at least 4.5:1.
export function readable(hex: string): string {
  let rgb = parts(hex);
  const text = () => `#${rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
  while (1.05 / (luminance(text()) + 0.05) < 4.6) rgb = rgb.map((v) => v * 0.94);
  return text();
}

const oneOf = <T extends string>(all: readonly T[], value: unknown, otherwise: T): T =>
  all.includes(value as T) ? (value as T) : otherwise;

export function shopTheme(theme: unknown, name = ""): ShopTheme {
  const t = (typeof theme === "object" && theme !== null ? theme : {}) as Record<string, unknown>;
  const asked = typeof t.colour === "string" && /^#[0-9a-f]{6}$/i.test(t.colour) ? t.colour : fallback;
  return {
    colour: readable(asked),
    pattern: oneOf(patterns, t.pattern, patterns[hashOf(name) % 4] ?? "waves"),
    layout: oneOf(layouts, t.layout, "grid"),
  };
}
