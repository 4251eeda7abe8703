/* access.c - signing in, refusals as pages, and the three embedded files. */
#include "modules/pages/handlers.h"

extern const char pages_css[], pages_icon[], pages_sign_in_js[];
extern const size_t pages_css_len, pages_icon_len, pages_sign_in_js_len;

void sign_in_form(page *p) {
  html(p,
       "<form class=\"sign-in\" id=\"sign-in\" method=\"post\" action=\"/v1/sessions\">\n<label>");
  text_t(p, "E-mail address", "邮箱");
  html(p, " <input name=\"email\" type=\"email\" autocomplete=\"username\" required "
          "maxlength=\"254\"></label>\n<label>");
  text_t(p, "Password", "密码");
  html(p, " <input name=\"password\" type=\"password\" autocomplete=\"current-password\" "
          "required></label>\n"
          "<button type=\"submit\">");
  text_t(p, "Sign in", "登录");
  html(p, "</button>\n<p class=\"error\" id=\"sign-in-error\" role=\"alert\" "
          "hidden></p>\n<noscript><p class=\"error\">");
  text_t(p, "Signing in needs JavaScript; reading does not.", "登录需要 JavaScript，浏览不需要。");
  html(p, "</p></noscript>\n</form>\n<script src=\"" PAGES_AT
          "/assets/sign-in.js\" defer></script>\n");
}

static str role_of(const page *p) {
  static const char *const kinds[] = {"nobody",     "buyer",       "seller", "operator",
                                      "supervisor", "institution", "system"};
  return word(p, str_from(kinds[p->r->who.kind]));
}

PAGE(page_sign_in) {
  page p;
  TRY(page_begin(&p, c, r, d, out, content_type));
  page_head(&p, "/sign-in", tr(&p, "Sign in", "登录"), (str){0});
  if (r->who.kind != ACTOR_NONE) {
    html(&p, "<p class=\"notice\">");
    text(&p,
         str_format(c->arena, "%.*s %.*s", STR_ARGS(tr(&p, "You are signed in as:", "当前身份：")),
                    STR_ARGS(role_of(&p))));
    html(&p, " <button type=\"button\" class=\"quiet\" id=\"sign-out\" hidden>");
    text_t(&p, "Sign out", "退出登录");
    html(&p, "</button></p>\n");
  }
  sign_in_form(&p);
  return page_foot(&p);
}

/* --- refusals --------------------------------------------------------------------------------- */

static str refusal_title(const page *p, status code) {
  switch (code) {
  case E_UNAUTHENTICATED: return tr(p, "Please sign in", "请先登录");
  case E_FORBIDDEN: return tr(p, "Not for this account", "当前账号无权查看");
  case E_NOT_FOUND: return tr(p, "There is nothing here", "页面不存在");
  case E_MALFORMED: return tr(p, "This address does not work", "地址有误");
  default: return tr(p, "That did not work", "暂时无法显示");
  }
}

static str refusal_text(const page *p, status code) {
  switch (code) {
  case E_UNAUTHENTICATED:
    return tr(p, "This page is for operators and supervisors.", "此页面仅供运营与监管人员查看。");
  case E_FORBIDDEN:
    return tr(p, "Operators and supervisors may see it; sign in with another account.",
              "仅运营与监管可见，请换账号登录。");
  case E_NOT_FOUND:
    return tr(p, "The address may be mistyped, or the thing was never there.",
              "请检查地址是否正确。");
  case E_MALFORMED:
    return tr(p, "Part of the address could not be read. Go back and use a link of the page.",
              "地址中有无法识别的部分，请返回后重新点击链接。");
  default:
    return tr(p, "Nothing was changed. Try again in a moment.", "未作任何更改，请稍后再试。");
  }
}

void page_refused(ctx *c, const request *r, const fault *f, buf *out) {
  page p;
  page_begin_refused(&p, c, r, out);
  page_head(&p, NULL, refusal_title(&p, f->code), refusal_text(&p, f->code));
  if (f->code == E_UNAUTHENTICATED || f->code == E_FORBIDDEN) {
    sign_in_form(&p);
  } else {
    html(&p, "<p><a class=\"button\" href=\"");
    text(&p, link_to(&p, STR("/"), (str){0}));
    html(&p, "\">");
    text_t(&p, "To the overview", "返回概览");
    html(&p, "</a></p>\n");
  }
  (void)page_foot(&p);
}

/* --- files ------------------------------------------------------------------------------------ */

static status send_file(buf *out, const char *bytes, size_t len, const char *type,
                        const char **content_type) {
  *content_type = type;
  buf_add(out, (str){bytes, len});
  return OK;
}

PAGE(asset_css) {
  UNUSED(c), UNUSED(r), UNUSED(d);
  return send_file(out, pages_css, pages_css_len, "text/css; charset=utf-8", content_type);
}

PAGE(asset_icon) {
  UNUSED(c), UNUSED(r), UNUSED(d);
  return send_file(out, pages_icon, pages_icon_len, "image/svg+xml", content_type);
}

PAGE(asset_sign_in) {
  UNUSED(c), UNUSED(r), UNUSED(d);
  return send_file(out, pages_sign_in_js, pages_sign_in_js_len, "text/javascript; charset=utf-8",
                   content_type);
}
