/* api_approvals.c - proposals and their decisions, dated parameters and the audit trail on the
 * wire. */
#include "modules/identity/commands.h"

/* --- shapes ----------------------------------------------------------------------------------- */

static const field approval_fields[] = {
    F_ID(approval_row, approval, 0, ID_APPROVAL, "The proposal."),
    F_STR(approval_row, action, 0, 0, 64, "What is to be done."),
    F_JSON(approval_row, parameters, 0, 32768, "With what."),
    F_STR(approval_row, note, 0, 0, 500, "Why, in the proposer's words."),
    F_ENUM(approval_row, state, 0, approval_states, "Where it stands."),
    F_ID(approval_row, proposer, 0, ID_USER, "Who proposed it."),
    F_TIME(approval_row, proposed_at, 0, "When."),
    F_TIME(approval_row, expires_at, 0, "When it lapses if nobody decides."),
    F_ID(approval_row, decided_by, 0, ID_USER, "Who decided."),
    F_TIME(approval_row, decided_at, 0, "When."),
    F_STR(approval_row, reason, 0, 0, 500, "Why, in the words of who decided."),
    F_ID(approval_row, command, 0, ID_COMMAND, "The command in which it was decided."),
};
SHAPE(identity_approval_shape, "Approval", approval_row, approval_fields);

static const field proposal_fields[] = {
    F_STR(proposal_in, action, FIELD_REQUIRED, 1, 64, "The action's name, like parameter.set."),
    F_JSON(proposal_in, parameters, FIELD_REQUIRED, 32768, "The action's parameters."),
    F_STR(proposal_in, note, 0, 0, 500, "Why."),
};
SHAPE(identity_proposal_shape, "Proposal", proposal_in, proposal_fields);

static const field decision_fields[] = {F_STR(decision_in, reason, 0, 0, 500, "Why.")};
SHAPE(identity_decision_shape, "Decision", decision_in, decision_fields);

static const field approval_query_fields[] = {
    F_PAGE(approval_query),
    F_STR(approval_query, state, 0, 0, 16,
          "Only those that are open, approved, rejected or expired."),
};
SHAPE(identity_approval_query_shape, "ApprovalQuery", approval_query, approval_query_fields);

static const field parameter_row_fields[] = {
    F_STR(parameter_row, name, 0, 0, 64, "The parameter."),
    F_DATE(parameter_row, valid_from, 0, "The first business date it holds."),
    F_INT(parameter_row, value, 0, 0, 0, "Its value, in the unit its name ends in."),
    F_ID(parameter_row, set_by, 0, ID_USER, "Who proposed it."),
    F_TIME(parameter_row, set_at, 0, "When it was approved."),
};
SHAPE(identity_parameter_row_shape, "Parameter", parameter_row, parameter_row_fields);

static const field audit_fields[] = {
    F_ID(audit_row, command, 0, ID_COMMAND, "The command."),
    F_TIME(audit_row, at, 0, "Business time."),
    F_STR(audit_row, name, 0, 0, 0, "What was done."),
    F_ENUM(audit_row, actor_kind, 0, user_kinds, "What kind of actor did it."),
    F_ID(audit_row, actor, 0, ID_USER, "Who did it; null: the system."),
    F_ID(audit_row, tenant, 0, ID_TENANT, "For which organisation."),
    F_STR(audit_row, subject, 0, 0, 0, "The id of what was changed."),
    F_JSON(audit_row, detail, 0, 65536, "What changed; ids and states, no personal data."),
};
SHAPE(identity_audit_shape, "AuditEntry", audit_row, audit_fields);

/* --- approvals -------------------------------------------------------------------------------- */

static bool state_by_name(str name, int *out) {
  *out = -1;
  if (name.len == 0) return true;
  for (int s = 0; approval_states[s] != NULL; s++) {
    if (str_eq(name, str_from(approval_states[s]))) *out = s;
  }
  return *out >= 0;
}

status identity_read_approvals(ctx *c, const request *r, db *d, void *out) {
  const approval_query *q = r->query;
  id after;
  int64_t max;
  approval_row *rows;
  size_t count;
  int state;
  TRY(identity_page_open(c, &(page_query){q->limit, q->after}, &after, &max));
  if (!state_by_name(q->state, &state)) {
    return fail_field(c, E_MALFORMED, STR("query/state"), "open, approved, rejected or expired");
  }
  TRY(identity_list_approvals(c, d, state, after, max, &rows, &count));
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].approval : 0);
  return OK;
}

status identity_read_approval(ctx *c, const request *r, db *d, void *out) {
  bool found;
  TRY(identity_load_approval(c, d, r->params[0], out, &found));
  return found ? OK : fail(c, E_NOT_FOUND, "there is no such proposal");
}

/* Faults of the parameters point into the proposal they stand in. */
static status check_parameters(ctx *c, const approval_action *action, const proposal_in *in,
                               id proposer) {
  void *parsed = arena_take(c->arena, 1, action->in->size), *state;
  status result = shape_parse(c, action->in, in->parameters, parsed);
  if (result == OK) result = action->make(c, parsed, proposer, &state);
  for (size_t i = 0; i < c->fault.field_count; i++) {
    str *pointer = &c->fault.fields[i].pointer;
    *pointer = str_format(c->arena, "/parameters%.*s", STR_ARGS(*pointer));
  }
  return result;
}

status identity_prepare_propose(ctx *c, const request *r, command *cmd, void **out) {
  const proposal_in *in = r->in;
  const approval_action *action = identity_find_action(in->action);
  if (action == NULL) {
    return fail_field(c, E_MALFORMED, STR("/action"), "there is no action \"%.*s\"",
                      STR_ARGS(in->action));
  }
  TRY(check_parameters(c, action, in, r->who.actor));
  approval_row *s = ARENA_NEW(c->arena, approval_row);
  s->action = in->action;
  s->parameters = in->parameters;
  s->note = in->note;
  cmd->type = &identity_propose;
  cmd->state = s;
  *out = s;
  return OK;
}

static status prepare_decision(ctx *c, const request *r, bool approve, command *cmd, void **out) {
  approval_decision *s = ARENA_NEW(c->arena, approval_decision);
  s->approval = r->params[0];
  s->approve = approve;
  s->reason = ((const decision_in *)r->in)->reason;
  cmd->type = &identity_decide;
  cmd->state = s;
  *out = &s->row;
  return OK;
}

status identity_prepare_approve(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_decision(c, r, true, cmd, out);
}

status identity_prepare_reject(ctx *c, const request *r, command *cmd, void **out) {
  return prepare_decision(c, r, false, cmd, out);
}

/* --- parameters ------------------------------------------------------------------------------- */

/* A page ends with a name, which no cursor of integers holds: the list is short, so it is cut, not
 * paged. */
status identity_read_parameters(ctx *c, const request *r, db *d, void *out) {
  enum { PARAMETERS_MAX = 1000 };
  parameter_row *rows;
  size_t count;
  UNUSED(r);
  TRY(identity_list_parameters(c, d, PARAMETERS_MAX, &rows, &count));
  identity_page_close(c, out, rows, count, PARAMETERS_MAX + 1, 0);
  return OK;
}

/* --- audit trail ------------------------------------------------------------------------------ */

/* Newest first. Supervisor and operators see all, sellers and institutions what was done in their
 * tenant. */
typedef struct audit_query {
  int64_t limit;
  str after, name, subject;
  id actor;
  date from, to;
} audit_query;
static const field audit_query_fields[] = {
    F_PAGE(audit_query),
    F_STR(audit_query, name, 0, 0, 64, "What was done: \"order.place\", or all of \"order.\"."),
    F_STR(audit_query, subject, 0, 0, 20, "The id of what was changed."),
    F_ID(audit_query, actor, 0, ID_USER, "Who did it."),
    F_DATE(audit_query, from, 0, "From this business date on."),
    F_DATE(audit_query, to, 0, "Up to this business date."),
};
SHAPE(identity_audit_query_shape, "AuditQuery", audit_query, audit_query_fields);

/* An id of any kind. */
static status subject_of(ctx *c, str text, id *out) {
  for (int kind = 0; text.len > 0 && kind < ID_KIND_COUNT; kind++) {
    if (id_parse(text, (id_kind)kind, out)) return OK;
  }
  if (text.len == 0) return OK;
  return fail_field(c, E_MALFORMED, STR("query/subject"), "Send the thing's id, like ord_...");
}

static status audit_filter_of(ctx *c, const request *r, db *d, audit_filter *f) {
  const audit_query *q = r->query;
  market m;
  TRY(identity_market(c, d, &m));
  f->name = q->name;
  f->actor = q->actor;
  if (q->from != 0) f->from = instant_from_date(q->from, m.utc_offset_minutes);
  if (q->to != 0) f->until = instant_from_date(q->to + 1, m.utc_offset_minutes);
  return subject_of(c, q->subject, &f->subject);
}

status identity_read_audit(ctx *c, const request *r, db *d, void *out) {
  const audit_query *q = r->query;
  audit_filter f = {0};
  id after;
  int64_t max;
  audit_row *rows;
  size_t count;
  bool sees_all = (r->who.scopes & SCOPE_BIT(SCOPE_SUPERVISE)) != 0;
  /* The platform's own entries are those of every buyer, too. */
  bool has_own = r->who.kind == ACTOR_SELLER || r->who.kind == ACTOR_INSTITUTION;
  if (!sees_all && !has_own) {
    return fail(c, E_FORBIDDEN,
                "the audit trail is for organisations, and for staff by the scope \"supervise\"");
  }
  TRY(identity_page_open(c, &(page_query){q->limit, q->after}, &after, &max));
  TRY(audit_filter_of(c, r, d, &f));
  f.tenant = sees_all ? 0 : r->who.tenant;
  TRY(identity_find_audit(c, d, &f, after, max, &rows, &count));
  identity_page_close(c, out, rows, count, max, count > 0 ? rows[count - 1].command : 0);
  list_out *list = out;
  if (list->next.len == 0 && f.floor != 0) list->next = cursor_print(c->arena, &f.floor, 1);
  return OK;
}
