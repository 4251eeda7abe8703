/* api_market.c - GET /v1/market: name, currency and zone of the market, whether it was set up yet,
 * and the logins of a demonstration. Public, so it says nothing that a sign-in page would not. */
#include "modules/identity/commands.h"

static const demo_login *logins;
static size_t login_count;
static const char *login_password;

void identity_show_logins(const demo_login *list, size_t count, const char *password) {
  logins = list;
  login_count = count;
  login_password = password;
}

typedef struct login_out {
  str email, role, what_en, what_zh;
} login_out;
static const field login_fields[] = {
    F_STR(login_out, email, 0, 0, 0, "Whom to sign in as."),
    F_STR(login_out, role, 0, 0, 0, "buyer, seller, operator or supervisor."),
    F_STR(login_out, what_en, 0, 0, 0, "Who it is, in English."),
    F_STR(login_out, what_zh, 0, 0, 0, "Who it is, in Chinese."),
};
static SHAPE(login_shape, "DemoLogin", login_out, login_fields);

typedef struct market_card {
  bool is_set_up, is_sandbox;
  str name, demo_password;
  uint32_t currency;
  int64_t utc_offset_minutes;
  instant now;
  date business_date;
  field_array demo_logins;
} market_card;
static const field card_fields[] = {
    F_BOOL(market_card, is_set_up, 0, "false: nobody has set the market up yet (POST /v1/setup)."),
    F_BOOL(market_card, is_sandbox, 0, "Whether business time may be moved here."),
    F_STR(market_card, name, 0, 0, 0, "The market's name."),
    F_CURRENCY(market_card, currency, 0, "ISO 4217; what all amounts are in."),
    F_INT(market_card, utc_offset_minutes, 0, 0, 0, "Its business days begin so far from UTC."),
    F_TIME(market_card, now, 0, "Business time."),
    F_DATE(market_card, business_date, 0, "Its business date."),
    F_STR(market_card, demo_password, FIELD_OMIT_ZERO, 0, 0, "A demonstration's password."),
    F_ARRAY(market_card, demo_logins, 0, 0, 0, &login_shape, "A demonstration's users."),
};
SHAPE(identity_market_card_shape, "MarketCard", market_card, card_fields);

status identity_read_market(ctx *c, const request *r, db *d, void *out) {
  market m;
  market_card *o = out;
  o->now = engine_now(r->engine);
  o->business_date = engine_today(r->engine);
  o->is_sandbox = engine_is_sandbox(r->engine);
  status s = identity_market(c, d, &m);
  if (s == E_CONFLICT) return fault_clear(c), OK;
  TRY(s);
  login_out *list = ARENA_ARRAY(c->arena, login_out, login_count + 1);
  for (size_t i = 0; i < login_count; i++) {
    list[i] = (login_out){str_from(logins[i].email), str_from(logins[i].role),
                          str_from(logins[i].what_en), str_from(logins[i].what_zh)};
  }
  o->is_set_up = true;
  o->name = m.name;
  o->currency = m.currency;
  o->utc_offset_minutes = m.utc_offset_minutes;
  o->demo_password = login_password == NULL ? (str){0} : str_from(login_password);
  o->demo_logins = (field_array){list, login_count};
  return OK;
}
