/* audit.c - the last commands: who did what, to which thing, when. Ids only; personal data is not
 * in the trail. */
#include "modules/pages/handlers.h"

static const column columns[] = {{"Time", "时间", COLUMN_TEXT},  {"Command", "命令", COLUMN_TEXT},
                                 {"Who", "操作者", COLUMN_TEXT}, {"User", "用户", COLUMN_TEXT},
                                 {"Thing", "对象", COLUMN_TEXT}, {"Change", "变更", COLUMN_TEXT}};

static str actor_of(int kind) {
  static const char *const kinds[] = {"nobody",     "buyer",       "seller", "operator",
                                      "supervisor", "institution", "system"};
  return kind >= 0 && kind < (int)COUNT_OF(kinds) ? str_from(kinds[kind]) : (str){0};
}

PAGE(page_audit) {
  page p;
  int64_t before;
  audit_row *rows;
  TRY(page_begin(&p, c, r, d, out, content_type));
  TRY(table_after(&p, &before));
  size_t max = table_rows(&p), count;
  TRY(identity_list_audit(c, d, 0, before, (int64_t)max, &rows, &count));
  page_head(&p, "/audit", tr(&p, "Audit trail", "审计"),
            tr(&p, "Every change and who made it, newest first.", "每次变更及操作者，最新在前。"));
  table t = TABLE(&p, "audit", NULL, NULL, columns);
  for (size_t i = 0; i < count; i++) {
    cell_time(&t, rows[i].at);
    cell_name(&t, rows[i].name);
    cell_word(&t, word(&p, actor_of(rows[i].actor_kind)));
    cell_id(&t, ID_USER, rows[i].actor, NULL);
    id order;
    if (id_parse(rows[i].subject, ID_ORDER, &order)) {
      cell_id(&t, ID_ORDER, order, "/orders/");
    } else {
      cell_name(&t, rows[i].subject);
    }
    cell_code(&t, rows[i].detail);
  }
  table_close(&t, count == max ? cursor_of(&p, rows[count - 1].command) : (str){0});
  return page_foot(&p);
}
