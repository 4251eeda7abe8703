/* handlers.h - private to pages: the handlers that the one table of routes (routes.c) puts
 * together. */
#ifndef TAEL_PAGES_HANDLERS_H
#define TAEL_PAGES_HANDLERS_H

#include "modules/pages/view.h"

#define PAGE(name) status name(ctx *c, const request *r, db *d, buf *out, const char **content_type)

PAGE(page_overview);
PAGE(page_orders);
PAGE(page_order);
PAGE(page_shops);
PAGE(page_shop);
PAGE(page_seller);
PAGE(page_trial_balance);
PAGE(page_proof);
PAGE(page_breaks);
PAGE(page_campaigns);
PAGE(page_safeguarding);
PAGE(page_audit);
PAGE(page_sign_in);
PAGE(asset_css);
PAGE(asset_icon);
PAGE(asset_sign_in);
void page_refused(ctx *c, const request *r, const fault *f, buf *out);

/* The form, for /sign-in and wherever a page needs somebody to be signed in. */
void sign_in_form(page *p);

#endif
