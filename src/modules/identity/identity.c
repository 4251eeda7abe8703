/* identity.c - the rules: what an e-mail address, a password, a role and a lock are, and who may
 * decide an approval. Pure: no store, no clock, no secrets made. Everything time-dependent gets its
 * time as an argument. */
#include "modules/identity/inside.h"

#include <ctype.h>
#include <string.h>

const char *const tenant_kinds[] = {"platform", "seller", "institution", NULL};
const char *const user_states[] = {"active", "frozen", "erased", NULL};
const char *const user_kinds[] = {"none",       "buyer",       "seller", "operator",
                                  "supervisor", "institution", "system", NULL};
const char *const user_roles[] = {"buyer",          "seller",     "seller_clerk", "operator",
                                  "operator_clerk", "supervisor", "institution",  NULL};
const char *const approval_states[] = {"open", "approved", "rejected", "expired", NULL};

/* --- roles ------------------------------------------------------------------------------------ */

typedef struct role_rule {
  actor_kind kind;
  uint64_t scopes;
} role_rule;

/* One row a role, in the enum's order. A clerk does the daily work without money, keys or the
 * clock. */
static const role_rule role_rules[ROLE_COUNT] = {
    [ROLE_BUYER] = {ACTOR_BUYER,
                    SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_BUY) | SCOPE_BIT(SCOPE_WALLET)},
    [ROLE_SELLER] = {ACTOR_SELLER, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_SELL) |
                                       SCOPE_BIT(SCOPE_KEYS) | SCOPE_BIT(SCOPE_LEDGER_READ)},
    [ROLE_SELLER_CLERK] = {ACTOR_SELLER, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_SELL)},
    [ROLE_OPERATOR] = {ACTOR_OPERATOR, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_OPERATE) |
                                           SCOPE_BIT(SCOPE_MONEY) | SCOPE_BIT(SCOPE_SUPERVISE) |
                                           SCOPE_BIT(SCOPE_LEDGER_READ) |
                                           SCOPE_BIT(SCOPE_LEDGER_WRITE) | SCOPE_BIT(SCOPE_KEYS) |
                                           SCOPE_BIT(SCOPE_CLOCK)},
    [ROLE_OPERATOR_CLERK] = {ACTOR_OPERATOR, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_OPERATE) |
                                                 SCOPE_BIT(SCOPE_SUPERVISE)},
    [ROLE_SUPERVISOR] = {ACTOR_SUPERVISOR, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_SUPERVISE) |
                                               SCOPE_BIT(SCOPE_LEDGER_READ)},
    [ROLE_INSTITUTION] = {ACTOR_INSTITUTION, SCOPE_BIT(SCOPE_SELF) | SCOPE_BIT(SCOPE_KEYS) |
                                                 SCOPE_BIT(SCOPE_LEDGER_READ) |
                                                 SCOPE_BIT(SCOPE_LEDGER_WRITE)},
};

uint64_t identity_role_scopes(user_role role) {
  assert(role >= 0 && role < ROLE_COUNT);
  return role_rules[role].scopes | SCOPE_BIT(SCOPE_PUBLIC);
}

actor_kind identity_role_kind(user_role role) {
  assert(role >= 0 && role < ROLE_COUNT);
  return role_rules[role].kind;
}

user_role identity_role_of(actor_kind kind) {
  for (int role = 0; role < ROLE_COUNT; role++) {
    if (role_rules[role].kind == kind) return (user_role)role;
  }
  assert(false && "a user is a buyer, seller, operator, supervisor or institution");
  return ROLE_BUYER;
}

int64_t identity_idle_s(actor_kind kind) {
  return kind == ACTOR_BUYER ? BUYER_IDLE_S : STAFF_IDLE_S;
}

str identity_scopes_print(arena *a, uint64_t scopes) {
  buf b = buf_make(a, 1024);
  for (int s = 0; s < SCOPE_COUNT; s++) {
    if (s == SCOPE_PUBLIC || (scopes & SCOPE_BIT(s)) == 0) continue;
    if (b.len > 0) buf_add_char(&b, ' ');
    buf_add(&b, str_from(scope_name((scope)s)));
  }
  return buf_str(&b);
}

static bool scope_by_name(str name, uint64_t *bit) {
  for (int s = 0; s < SCOPE_COUNT; s++) {
    if (s == SCOPE_PUBLIC || !str_eq(name, str_from(scope_name((scope)s)))) continue;
    *bit = SCOPE_BIT(s);
    return true;
  }
  return false;
}

status identity_scopes_parse(ctx *c, str pointer, str text, uint64_t *out) {
  uint64_t scopes = 0, bit;
  str word;
  while (str_split(&text, ' ', &word)) {
    if (word.len == 0) continue;
    if (!scope_by_name(word, &bit)) {
      return fail_field(c, E_MALFORMED, pointer,
                        "there is no scope \"%.*s\"; GET /v1/me lists yours", STR_ARGS(word));
    }
    scopes |= bit;
  }
  if (scopes == 0) {
    return fail_field(c, E_MALFORMED, pointer, "name at least one scope, separated by spaces");
  }
  *out = scopes;
  return OK;
}

/* --- e-mail and password ---------------------------------------------------------------------- */

/* Not the whole of RFC 5321: one @ with something on both sides, a dot inside the domain, no blanks
 * or control characters. Whether the address exists only a message can tell. */
bool identity_email_parse(arena *a, str text, str *normal) {
  text = str_trim(text);
  if (text.len < 3 || text.len > EMAIL_MAX || !str_is_utf8(text)) return false;
  size_t at = text.len, dot = 0;
  for (size_t i = 0; i < text.len; i++) {
    unsigned char ch = (unsigned char)text.at[i];
    if (ch <= ' ' || ch == 0x7f || strchr("\"(),:;<>[\\]", ch) != NULL) return false;
    if (ch == '@' && at != text.len) return false;
    if (ch == '@') at = i;
    if (ch == '.' && at != text.len) dot = i;
  }
  if (at == 0 || at == text.len || dot <= at + 1 || dot + 1 == text.len) return false;
  str copy = str_copy(a, text);
  char *lower = (char *)(uintptr_t)copy.at;
  for (size_t i = 0; i < copy.len; i++)
    lower[i] = (char)tolower((unsigned char)lower[i]);
  *normal = copy;
  return true;
}

/* NIST SP 800-63B: length counts, composition rules don't. */
status identity_check_password(ctx *c, str pointer, str password, str email) {
  size_t runes = str_runes(password);
  if (runes < PASSWORD_MIN || runes > PASSWORD_MAX) {
    return fail_field(c, E_MALFORMED, pointer, "a password has %d to %d characters", PASSWORD_MIN,
                      PASSWORD_MAX);
  }
  if (str_eq_nocase(password, email)) {
    return fail_field(c, E_MALFORMED, pointer, "the password must differ from the e-mail address");
  }
  return OK;
}

/* --- sign-in lock ----------------------------------------------------------------------------- */

bool identity_signin_is_locked(const signin_row *row, instant now) {
  return row->locked_until > now;
}

signin_row identity_signin_failed(const signin_row *row, instant now) {
  signin_row next = *row;
  /* A lock that ran out, like a quiet day, starts the count again. */
  bool is_stale = row->failed_at + SECONDS_PER_DAY * MICROS_PER_SECOND < now;
  if (is_stale || (row->locked_until != 0 && row->locked_until <= now)) next = (signin_row){0};
  next.failures++;
  next.failed_at = now;
  if (next.failures >= SIGNIN_FAILURES_MAX)
    next.locked_until = now + SIGNIN_LOCK_S * MICROS_PER_SECOND;
  return next;
}

/* --- API keys --------------------------------------------------------------------------------- */

str identity_api_key_print(arena *a, id api_key, str secret) {
  str whole = id_print(a, ID_API_KEY, api_key);
  str digits = {whole.at + 4, whole.len - 4}; /* behind "key_" */
  return str_format(a, "tk_%.*s_%.*s", STR_ARGS(digits), STR_ARGS(secret));
}

bool identity_api_key_parse(str text, id *api_key, str *secret) {
  enum { DIGITS = 13, HEAD = 3 + DIGITS + 1 };
  if (text.len <= HEAD || text.len > HEAD + SECRET_MAX || !str_starts(text, STR("tk_")))
    return false;
  if (text.at[HEAD - 1] != '_') return false;
  char as_id[ID_TEXT_MAX] = "key_";
  memcpy(as_id + 4, text.at + 3, DIGITS);
  if (!id_parse((str){as_id, 4 + DIGITS}, ID_API_KEY, api_key)) return false;
  *secret = (str){text.at + HEAD, text.len - HEAD};
  return true;
}

/* --- changing a user -------------------------------------------------------------------------- */

status identity_check_grant(ctx *c, user_role role, const principal *who) {
  /* What buyers and sellers may do no operator may; taking them on is a clerk's daily work. */
  actor_kind kind = identity_role_kind(role);
  bool is_daily = kind == ACTOR_BUYER || kind == ACTOR_SELLER;
  if (who->kind == ACTOR_SYSTEM || is_daily) return OK;
  if ((identity_role_scopes(role) & ~who->scopes & ~SCOPE_BIT(SCOPE_PUBLIC)) == 0) return OK;
  return fail(c, E_FORBIDDEN, "the role %s may do more than you may; ask somebody who holds it",
              user_roles[role]);
}

status identity_check_change(ctx *c, const user_row *before, user_change_kind what, user_role role,
                             const principal *who) {
  if (who->actor == before->user_id)
    return fail(c, E_FORBIDDEN, "nobody changes their own account here");
  TRY(identity_check_grant(c, (user_role)before->role, who));
  if (before->state == USER_ERASED) return fail(c, E_CONFLICT, "this user was erased");
  switch (what) {
  case USER_FREEZE:
    if (before->state != USER_ACTIVE) return fail(c, E_CONFLICT, "this user is frozen already");
    return OK;
  case USER_UNFREEZE:
    if (before->state != USER_FROZEN) return fail(c, E_CONFLICT, "this user is not frozen");
    return OK;
  case USER_SET_ROLE:
    if (identity_role_kind(role) != (actor_kind)before->kind) {
      return fail_field(c, E_RULE, STR("/role"), "%s is no role for a %s", user_roles[role],
                        user_kinds[before->kind]);
    }
    return identity_check_grant(c, role, who);
  case USER_ERASE: return OK;
  }
  return OK;
}

user_row identity_user_after(const user_row *before, user_change_kind what, user_role role) {
  user_row after = *before;
  switch (what) {
  case USER_FREEZE: after.state = USER_FROZEN; break;
  case USER_UNFREEZE: after.state = USER_ACTIVE; break;
  case USER_SET_ROLE: after.role = (int)role; break;
  case USER_ERASE: after.state = USER_ERASED; break;
  }
  return after;
}

/* --- four eyes -------------------------------------------------------------------------------- */

status identity_check_decision(ctx *c, const approval_row *row, bool approve,
                               const principal *who) {
  if (row->state == APPROVAL_EXPIRED ||
      (row->state == APPROVAL_OPEN && row->expires_at <= c->now)) {
    return fail(c, E_EXPIRED, "the proposal was open for %d days and has lapsed; propose it again",
                APPROVAL_DAYS);
  }
  if (row->state != APPROVAL_OPEN) {
    return fail(c, E_CONFLICT, "the proposal was already %s", approval_states[row->state]);
  }
  if (approve && who->actor == row->proposer) {
    return fail(c, E_FORBIDDEN,
                "a proposal is approved by another person than the one who made it");
  }
  return OK;
}

static bool may_propose(const user_row *u) {
  return u->user_id != 0 && u->state == USER_ACTIVE &&
         (identity_role_scopes((user_role)u->role) & SCOPE_BIT(SCOPE_MONEY)) != 0;
}

status identity_check_two_persons(ctx *c, const user_row *proposer, const user_row *decider) {
  if (!may_propose(proposer)) {
    return fail(c, E_CONFLICT,
                "who proposed this may not propose any more; reject it and propose it again");
  }
  if (!may_propose(decider)) return fail(c, E_FORBIDDEN, "you may not approve any more");
  return OK;
}
