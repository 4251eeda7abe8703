/* view.c - the page under construction: language, frame, navigation, and the plain parts. Knows no
 * other module's data but the market's name, zone and currency. */
#include "modules/pages/view.h"
#include <string.h>

static const char *const langs[] = {"auto", "en", "zh", NULL};
static const char *const formats[] = {"html", "csv", NULL};
static const field query_fields[] = {
    F_INT(pages_query, limit, 0, 1, ROWS_CSV,
          "Rows of a list; 25, or 10,000 of CSV, when left out."),
    F_STR(pages_query, after, 0, 0, 200, "The cursor of the link that leads on."),
    F_ENUM(pages_query, lang, 0, langs, "The page's language; auto: as the browser asks."),
    F_ENUM(pages_query, format, 0, formats, "A page, or one of its tables as CSV."),
    F_STR(pages_query, table, 0, 0, 40, "CSV: which table; the first when left out."),
    F_STR(pages_query, state, 0, 0, 40, "Only rows in this state."),
    F_BOOL(pages_query, run, 0, "The proof: recompute everything now."),
};
SHAPE(pages_query_shape, "PageQuery", pages_query, query_fields);
static const pages_query no_query;

/* --- language --------------------------------------------------------------------------------- */

/* The first of en and zh that the browser names; its own order is taken for its preference. */
bool page_is_chinese(const request *r, int lang) {
  if (lang != 0) return lang == 2;
  str rest = r->accept_language, part;
  while (str_split(&rest, ',', &part)) {
    str one = str_trim(part);
    if (one.len < 2) continue;
    str two = {one.at, 2};
    if (str_eq_nocase(two, STR("zh"))) return true;
    if (str_eq_nocase(two, STR("en"))) return false;
  }
  return false;
}

str tr(const page *p, const char *en, const char *zh) { return str_from(p->is_zh ? zh : en); }

/* --- beginning -------------------------------------------------------------------------------- */

static void begin(page *p, ctx *c, const request *r, buf *out) {
  const pages_query *q = r->query != NULL ? r->query : &no_query;
  *p = (page){.c = c,
              .r = r,
              .out = out,
              .q = q,
              .is_zh = page_is_chinese(r, q->lang),
              .is_csv = q->format == 1};
  p->is_staff = (r->who.scopes & SCOPE_BIT(SCOPE_SUPERVISE)) != 0;
}

status page_begin(page *p, ctx *c, const request *r, db *d, buf *out, const char **content_type) {
  begin(p, c, r, out);
  p->d = d;
  status s = identity_market(c, d, &p->facts);
  if (s != OK && s != E_CONFLICT) return s;
  p->is_set_up = s == OK;
  if (s != OK) fault_clear(c);
  if (!p->is_csv) return OK;
  *content_type = "text/csv; charset=utf-8";
  if (p->is_zh) buf_add(out, STR("\xef\xbb\xbf")); /* spreadsheets need the mark to read Chinese */
  return OK;
}

void page_begin_refused(page *p, ctx *c, const request *r, buf *out) {
  begin(p, c, r, out);
  p->is_csv = false;
  /* A query that could not be read may still say which language. */
  if (r->query == NULL && r->query_text.len > 0 &&
      memmem(r->query_text.at, r->query_text.len, "lang=zh", 7) != NULL)
    p->is_zh = true;
}

/* --- plain parts ------------------------------------------------------------------------------ */

void html(page *p, const char *markup) {
  if (!p->is_csv) buf_add(p->out, str_from(markup));
}

void text(page *p, str s) {
  if (!p->is_csv) buf_add_html(p->out, s);
}

void text_t(page *p, const char *en, const char *zh) { text(p, tr(p, en, zh)); }

void chip(page *p, str name) {
  html(p, "<span class=\"chip ");
  html(p, tone_of(name));
  html(p, "\">");
  text(p, word(p, name));
  html(p, "</span>");
}

void money_text(page *p, int64_t minor, uint32_t unit) { text(p, print_money(p, minor, unit)); }

void fact(page *p, str label, str value) {
  html(p, "<div><dt>");
  text(p, label);
  html(p, "</dt><dd>");
  text(p, value);
  html(p, "</dd></div>\n");
}

void section(page *p, const char *en, const char *zh) {
  html(p, "<section>\n<h2>");
  text_t(p, en, zh);
  html(p, "</h2>\n");
}

void section_end(page *p) { html(p, "</section>\n"); }

void figure(page *p, str label, str value, str note, const char *tone) {
  html(p, "<div class=\"figure ");
  html(p, tone != NULL ? tone : "");
  html(p, "\"><dt>");
  text(p, label);
  html(p, "</dt><dd>");
  text(p, value);
  html(p, "</dd><dd class=\"note\">");
  text(p, note);
  html(p, "</dd></div>\n");
}

/* --- links ------------------------------------------------------------------------------------ */

str query_value(page *p, str value) {
  static const char hex[] = "0123456789ABCDEF";
  buf b = buf_make(p->c->arena, 3 * value.len + 1);
  for (size_t i = 0; i < value.len; i++) {
    unsigned char byte = (unsigned char)value.at[i];
    bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.';
    if (!is_plain) buf_add_char(&b, '%');
    if (!is_plain) buf_add_char(&b, hex[byte >> 4]);
    buf_add_char(&b, is_plain ? (char)byte : hex[byte & 15]);
  }
  return buf_str(&b);
}

str link_to(page *p, str path, str query) {
  const char *lang = p->q->lang == 0 ? "" : p->q->lang == 1 ? "lang=en" : "lang=zh";
  bool has_lang = lang[0] != 0;
  bool is_whole = str_starts(path, STR(PAGES_AT));
  if (str_eq(path, STR("/"))) path = (str){0};
  return str_format(p->c->arena, "%s%.*s%s%.*s%s%s", is_whole ? "" : PAGES_AT, STR_ARGS(path),
                    query.len > 0 || has_lang ? "?" : "", STR_ARGS(query),
                    query.len > 0 && has_lang ? "&" : "", lang);
}

static void anchor(page *p, str href, const char *attributes, str label) {
  html(p, "<a href=\"");
  text(p, href);
  html(p, "\"");
  html(p, attributes);
  html(p, ">");
  text(p, label);
  html(p, "</a>");
}

status filter_state(page *p, const char *const *names, int *at) {
  *at = -1;
  if (p->q->state.len == 0) return OK;
  for (int i = 0; names[i] != NULL; i++) {
    if (str_eq(p->q->state, str_from(names[i]))) *at = i;
  }
  if (*at >= 0) return OK;
  return fail_field(p->c, E_MALFORMED, STR("query/state"),
                    "Use one of the page's own filters, or leave it out.");
}

static void filter_link(page *p, const char *path, str name, bool is_here) {
  str query = name.len == 0 ? name : str_format(p->c->arena, "state=%.*s", STR_ARGS(name));
  anchor(p, link_to(p, str_from(path), query), is_here ? " aria-current=\"true\"" : "",
         name.len == 0 ? tr(p, "All", "全部") : word(p, name));
}

void filter_links(page *p, const char *path, const char *const *names, int here) {
  html(p, "<div class=\"filters\" role=\"group\" aria-label=\"");
  text_t(p, "Filter by state", "按状态筛选");
  html(p, "\">\n");
  filter_link(p, path, (str){0}, here < 0);
  for (int i = 0; names[i] != NULL; i++)
    filter_link(p, path, str_from(names[i]), here == i);
  html(p, "</div>\n");
}

/* The same page in the other language: its path, without a cursor, which would be of no use to who
 * reads it anew. */
static void language_link(page *p) {
  const char *other = p->is_zh ? "lang=en" : "lang=zh";
  str path = p->r->path.len > 0 ? p->r->path : STR(PAGES_AT);
  str state = p->q->state.len > 0
                  ? str_format(p->c->arena, "&state=%.*s", STR_ARGS(query_value(p, p->q->state)))
                  : (str){0};
  str href = str_format(p->c->arena, "%.*s?%s%.*s", STR_ARGS(path), other, STR_ARGS(state));
  anchor(p, href,
         p->is_zh ? " lang=\"en\" hreflang=\"en\"" : " lang=\"zh-Hans\" hreflang=\"zh-Hans\"",
         p->is_zh ? STR("English") : STR("中文"));
}

/* --- the frame -------------------------------------------------------------------------------- */

typedef struct nav_item {
  const char *path, *en, *zh;
  bool for_staff;
} nav_item;
static const nav_item nav[] = {
    {"/", "Overview", "概览", false},
    {"/orders", "Orders", "订单", true},
    {"/shops", "Shops", "店铺", false},
    {"/trial-balance", "Trial balance", "试算平衡", true},
    {"/safeguarding", "Safeguarding", "备付金", true},
    {"/breaks", "Breaks", "差错", true},
    {"/campaigns", "Campaigns", "营销活动", true},
    {"/proof", "Proof", "账本证明", true},
    {"/audit", "Audit trail", "审计", true},
    {"/docs", "API", "接口文档", false},
};

static void navigation(page *p, const char *here) {
  html(p, "<nav aria-label=\"");
  text_t(p, "Main", "主导航");
  html(p, "\"><ul>\n");
  for (size_t i = 0; i < COUNT_OF(nav); i++) {
    if (nav[i].for_staff && !p->is_staff) continue;
    bool is_here = here != NULL && str_eq(str_from(here), str_from(nav[i].path));
    html(p, "<li>");
    bool is_page = !str_eq(str_from(nav[i].path), STR("/docs"));
    anchor(p, is_page ? link_to(p, str_from(nav[i].path), (str){0}) : STR("/docs"),
           is_here ? " aria-current=\"page\"" : "", tr(p, nav[i].en, nav[i].zh));
    html(p, "</li>\n");
  }
  html(p, "</ul></nav>\n");
}

static void account_links(page *p) {
  html(p, "<div class=\"who\">");
  language_link(p);
  if (p->r->who.kind == ACTOR_NONE) {
    anchor(p, link_to(p, STR("/sign-in"), (str){0}), "", tr(p, "Sign in", "登录"));
  } else {
    anchor(p, link_to(p, STR("/sign-in"), (str){0}), "", tr(p, "Signed in", "已登录"));
  }
  html(p, "</div>\n");
}

void page_head(page *p, const char *here, str title, str lead) {
  str market_name = p->facts.name.len > 0 ? p->facts.name : STR("Tael");
  html(p, p->is_zh ? "<!doctype html>\n<html lang=\"zh-Hans\">\n"
                   : "<!doctype html>\n<html lang=\"en\">\n");
  html(p, "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
          "href=\"" PAGES_AT "/assets/tael.svg\" type=\"image/svg+xml\">\n"
          "<link rel=\"stylesheet\" href=\"" PAGES_AT "/assets/tael.css\">\n<title>");
  text(p, title);
  if (!str_eq(title, market_name))
    text(p, str_format(p->c->arena, " · %.*s", STR_ARGS(market_name)));
  html(p, "</title>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">");
  text_t(p, "Skip to content", "跳到正文");
  html(p, "</a>\n<header>\n<a class=\"brand\" href=\"");
  text(p, link_to(p, STR("/"), (str){0}));
  html(p, "\"><span class=\"mark\" aria-hidden=\"true\">两</span><span class=\"name\">");
  text(p, market_name);
  html(p, "</span></a>\n");
  navigation(p, here);
  account_links(p);
  html(p, "</header>\n<main id=\"content\" tabindex=\"-1\">\n<h1>");
  text(p, title);
  html(p, "</h1>\n");
  if (lead.len == 0) return;
  html(p, "<p class=\"lead\">");
  text(p, lead);
  html(p, "</p>\n");
}

status page_foot(page *p) {
  if (p->is_csv && !p->csv_done)
    return fail_field(p->c, E_MALFORMED, STR("query/table"), "This page has no such table.");
  html(p, "</main>\n<footer>");
  if (p->is_set_up) {
    int offset = p->facts.utc_offset_minutes, minutes = offset < 0 ? -offset : offset;
    str zone = str_format(p->c->arena, "UTC%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60,
                          minutes % 60);
    text(p,
         str_format(p->c->arena, "%.*s %.*s · %.*s", STR_ARGS(tr(p, "Business time", "业务时间")),
                    STR_ARGS(print_time(p, p->c->now)), STR_ARGS(zone)));
  } else {
    text(p, STR("Tael"));
  }
  html(p, "</footer>\n</body>\n</html>\n");
  return OK;
}
