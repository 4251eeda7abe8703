// propose.ts - a money action proposed: it waits for another person.
import { api } from "@tael/shared";

export const propose = (action: string, parameters: Record<string, unknown>, key: string, note = "") =>
  api.post("/v1/approvals", { body: { action, parameters: parameters as never, note }, key });
