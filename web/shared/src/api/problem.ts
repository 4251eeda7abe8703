// problem.ts - what went wrong, as the server tells it (RFC 9457) or as the network does. A Problem is the only thing
// that calls of the API throw.
import type { TFunction } from "i18next";

export type FieldError = { pointer: string; detail: string };

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: there was no answer
    readonly code: string,
    detail: string,
    readonly errors: FieldError[] = [],
    readonly retryAfter = 0, // seconds
  ) {
    super(detail);
    this.name = "Problem";
  }

  static async of(answer: Response): Promise<Problem> {
    const after = Number(answer.headers.get("retry-after") ?? 0);
    const body = await answer.json().catch(() => null);
    if (body === null) return new Problem(answer.status, "internal", "", [], after);
    return new Problem(answer.status, body.code ?? "internal", body.detail ?? "", body.errors ?? [], after);
  }
}

export const isOffline = (e: unknown) => e instanceof Problem && e.status === 0;
export const isSignedOut = (e: unknown) => e instanceof Problem && e.status === 401;
export const isForbidden = (e: unknown) => e instanceof Problem && e.status === 403;
export const isMissing = (e: unknown) => e instanceof Problem && e.status === 404;

// The kind of failure in the reader's language, then what the server said of this one.
export function describe(t: TFunction, e: unknown): { title: string; detail: string } {
  if (!(e instanceof Problem)) return { title: t("problem.unexpected"), detail: e instanceof Error ? e.message : String(e) };
  return { title: t(`problem.${e.code}`, { defaultValue: t("problem.unexpected") }), detail: e.message };
}

// One line for a toast.
export function sentence(t: TFunction, e: unknown): string {
  const { title, detail } = describe(t, e);
  return detail ? `${title} · ${detail}` : title;
}

// What is wrong with the member at a JSON pointer ("/amount"), if anything.
export function fieldError(e: unknown, pointer: string): string | undefined {
  return e instanceof Problem ? e.errors.find((f) => f.pointer === pointer)?.detail : undefined;
}
