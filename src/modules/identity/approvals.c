/* approvals.c - four eyes: an action is proposed by one person with its parameters, and runs inside
 * the commit in which another person approves it. The table of actions is filled at wiring and
 * never changes after. Here too: the market's dated parameters, which are set only this way. */
#include "modules/identity/commands.h"

#include <ctype.h>

/* --- the table of actions --------------------------------------------------------------------- */

enum { ACTIONS_MAX = 64 };

static const approval_action *actions[ACTIONS_MAX];
static size_t action_count;

const approval_action *identity_find_action(str name) {
  if (str_eq(name, str_from(identity_parameter_action.name))) return &identity_parameter_action;
  for (size_t i = 0; i < action_count; i++) {
    if (str_eq(name, str_from(actions[i]->name))) return actions[i];
  }
  return NULL;
}

status identity_register_action(const approval_action *action) {
  const approval_action *taken = identity_find_action(str_from(action->name));
  if (taken == action) return OK;
  if (taken != NULL || action_count == ACTIONS_MAX) return E_CONFLICT;
  actions[action_count++] = action;
  return OK;
}

/* --- proposing -------------------------------------------------------------------------------- */

/* The approval as JSON without its parameters: they may be long, and stand in the row. */
static status happened(ctx *c, tx *t, const char *what, const approval_row *row) {
  approval_row brief = *row;
  brief.parameters = (str){0};
  brief.note = brief.reason = (str){0};
  market m;
  TRY(identity_market(c, tx_db(t), &m));
  buf body = buf_make(c->arena, 2048);
  shape_print(&body, &identity_approval_shape, &brief);
  return tx_emit(c, t, what, ID_APPROVAL, row->approval, m.platform, buf_str(&body));
}

static status propose_decide(ctx *c, tx *t, void *state) {
  approval_row *row = state;
  row->approval = id_next(c);
  row->state = APPROVAL_OPEN;
  row->proposer = tx_who(t).actor;
  row->proposed_at = c->now;
  row->expires_at = c->now + APPROVAL_DAYS * SECONDS_PER_DAY * MICROS_PER_SECOND;
  return OK;
}

static status propose_write(ctx *c, tx *t, void *state) {
  approval_row *row = state;
  tx_audit(t, ID_APPROVAL, row->approval,
           str_format(c->arena, "{\"action\":\"%.*s\",\"parameters\":%.*s}", STR_ARGS(row->action),
                      STR_ARGS(row->parameters)));
  TRY(identity_save_approval(c, tx_db(t), row));
  return happened(c, t, "approval.proposed", row);
}
const command_type identity_propose = {"approval.propose", 0, NULL, propose_decide, propose_write};

/* --- deciding --------------------------------------------------------------------------------- */

/* The proposal's parameters become the state of the command it is about. */
static status load_action(ctx *c, tx *t, approval_decision *s) {
  s->action = identity_find_action(s->row.action);
  if (s->action == NULL) return OK;
  void *in = arena_take(c->arena, 1, s->action->in->size);
  TRY(shape_parse(c, s->action->in, s->row.parameters, in));
  TRY(s->action->make(c, in, s->row.proposer, &s->inner));
  const command_type *type = s->action->type;
  return type->load == NULL ? OK : type->load(c, t, s->inner);
}

/* Locked in the order of their ids, so that two who approve each other's proposals at once do not
 * wait for one another. */
static status load_persons(ctx *c, tx *t, approval_decision *s) {
  id decider = tx_who(t).actor;
  bool proposer_first = s->row.proposer < decider;
  for (int i = 0; i < 2; i++) {
    bool is_proposer = (i == 0) == proposer_first, found;
    user_row row;
    TRY(identity_lock_user(c, tx_db(t), is_proposer ? s->row.proposer : decider, &row, &found));
    if (found) *(is_proposer ? &s->proposer : &s->decider) = row;
  }
  return OK;
}

static status decide_load(ctx *c, tx *t, void *state) {
  approval_decision *s = state;
  TRY(identity_lock_approval(c, tx_db(t), s->approval, &s->row, &s->found));
  bool runs = s->found && s->approve && s->row.state == APPROVAL_OPEN;
  s->proposer = s->decider = (user_row){0};
  if (!runs) return OK;
  TRY(load_persons(c, t, s));
  return load_action(c, t, s);
}

static status decide_decide(ctx *c, tx *t, void *state) {
  approval_decision *s = state;
  principal who = tx_who(t);
  if (!s->found) return fail(c, E_NOT_FOUND, "there is no such proposal");
  TRY(identity_check_decision(c, &s->row, s->approve, &who));
  if (s->approve) TRY(identity_check_two_persons(c, &s->proposer, &s->decider));
  s->row.state = s->approve ? APPROVAL_APPROVED : APPROVAL_REJECTED;
  s->row.decided_by = who.actor;
  s->row.decided_at = c->now;
  s->row.reason = s->reason;
  s->row.command = tx_command(t);
  if (!s->approve) return OK;
  if (s->action == NULL) {
    return fail(c, E_CONFLICT, "this program does not know the action \"%.*s\"",
                STR_ARGS(s->row.action));
  }
  return s->action->type->decide(c, t, s->inner);
}

static status decide_write(ctx *c, tx *t, void *state) {
  approval_decision *s = state;
  tx_audit(t, ID_APPROVAL, s->approval,
           str_format(c->arena, "{\"action\":\"%.*s\",\"state\":\"%s\"}", STR_ARGS(s->row.action),
                      approval_states[s->row.state]));
  TRY(identity_update_approval(c, tx_db(t), &s->row));
  TRY(happened(c, t, s->approve ? "approval.approved" : "approval.rejected", &s->row));
  if (!s->approve || s->action->type->write == NULL) return OK;
  return s->action->type->write(c, t, s->inner);
}
const command_type identity_decide = {"approval.decide", 0, decide_load, decide_decide,
                                      decide_write};

/* --- what lapsed ------------------------------------------------------------------------------ */

static status expire_decide(ctx *c, tx *t, void *state) {
  UNUSED(c), UNUSED(t), UNUSED(state);
  return OK;
}

static status expire_write(ctx *c, tx *t, void *state) {
  return identity_expire_approvals(c, tx_db(t), state);
}
const command_type identity_expire = {"approval.expire", 0, NULL, expire_decide, expire_write};

/* --- dated parameters ------------------------------------------------------------------------- */

enum { RANGES_MAX = 64 };
static const parameter_range *ranges[RANGES_MAX]; /* filled at wiring */
static size_t range_count;

static const parameter_range *range_of(str name) {
  for (size_t i = 0; i < range_count; i++) {
    if (str_eq(name, str_from(ranges[i]->name))) return ranges[i];
  }
  return NULL;
}

void identity_register_parameters(const parameter_range *list, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (range_of(str_from(list[i].name)) != NULL)
      continue; /* wired before, by another application */
    assert(range_count < RANGES_MAX);
    ranges[range_count++] = &list[i];
  }
}

static const field parameter_fields[] = {
    F_STR(parameter_in, name, FIELD_REQUIRED, 1, 64,
          "The parameter: small letters, digits, _ and dots."),
    F_DATE(parameter_in, valid_from, FIELD_REQUIRED,
           "The first business date it holds; today at the earliest."),
    F_INT(parameter_in, value, FIELD_REQUIRED, -MONEY_MAX_JSON, MONEY_MAX_JSON,
          "The value, in the unit the parameter's name ends in."),
};
static SHAPE(parameter_shape, "ParameterChange", parameter_in, parameter_fields);

typedef struct parameter_state {
  parameter_row row;
} parameter_state;

static bool is_parameter_name(str name) {
  for (size_t i = 0; i < name.len; i++) {
    unsigned char ch = (unsigned char)name.at[i];
    if (!islower(ch) && !isdigit(ch) && ch != '_' && ch != '.') return false;
  }
  return name.len > 0;
}

static status parameter_make(ctx *c, const void *in, id proposer, void **state) {
  const parameter_in *wanted = in;
  if (!is_parameter_name(wanted->name)) {
    return fail_field(c, E_MALFORMED, STR("/name"), "small letters, digits, _ and dots only");
  }
  const parameter_range *range = range_of(wanted->name);
  if (range != NULL && (wanted->value < range->min || wanted->value > range->max)) {
    return fail_field(c, E_MALFORMED, STR("/value"), "%s lies between %lld and %lld", range->name,
                      (long long)range->min, (long long)range->max);
  }
  parameter_state *s = ARENA_NEW(c->arena, parameter_state);
  s->row = (parameter_row){wanted->name, wanted->valid_from, wanted->value, proposer, 0};
  *state = s;
  return OK;
}

static status parameter_decide(ctx *c, tx *t, void *state) {
  UNUSED(t);
  parameter_state *s = state;
  if (s->row.valid_from < c->today) {
    return fail_field(c, E_RULE, STR("/parameters/valid_from"),
                      "the past stays as it was: today or later");
  }
  s->row.set_at = c->now;
  return OK;
}

static status parameter_write(ctx *c, tx *t, void *state) {
  parameter_state *s = state;
  identity_parameters_change(c->real_now);
  return identity_save_parameter(c, tx_db(t), &s->row);
}
const command_type identity_set_parameter = {"parameter.set", 0, NULL, parameter_decide,
                                             parameter_write};

const approval_action identity_parameter_action = {"parameter.set", &parameter_shape,
                                                   &identity_set_parameter, parameter_make};
