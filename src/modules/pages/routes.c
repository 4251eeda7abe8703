/* routes.c - the module: every page, its path and who may see it. */
#include "modules/pages/handlers.h"

#define AT(path_, scope_, summary_, handler)                                  \
  {                                                                           \
    .method = GET, .path = (path_), .scope = (scope_), .flags = ROUTE_HIDDEN, \
    .summary = (summary_), .query = &pages_query_shape, .page = (handler)     \
  }
#define FILE_AT(path_, summary_, handler)                                         \
  {                                                                               \
    .method = GET, .path = (path_), .scope = SCOPE_PUBLIC, .flags = ROUTE_HIDDEN, \
    .summary = (summary_), .page = (handler)                                      \
  }

static const route routes[] = {
    AT(PAGES_AT, SCOPE_PUBLIC, "The market at a glance", page_overview),
    AT(PAGES_AT "/orders", SCOPE_SUPERVISE, "Orders, newest first", page_orders),
    AT(PAGES_AT "/orders/{ord}", SCOPE_SUPERVISE, "One order's whole story", page_order),
    AT(PAGES_AT "/shops", SCOPE_PUBLIC, "Shops", page_shops),
    AT(PAGES_AT "/shops/{text}", SCOPE_PUBLIC, "What one shop offers", page_shop),
    AT(PAGES_AT "/sellers/{ten}/statement", SCOPE_SUPERVISE, "A seller's statement", page_seller),
    AT(PAGES_AT "/trial-balance", SCOPE_SUPERVISE, "Trial balance", page_trial_balance),
    AT(PAGES_AT "/proof", SCOPE_SUPERVISE, "What is proved of the books", page_proof),
    AT(PAGES_AT "/breaks", SCOPE_SUPERVISE, "Payment breaks", page_breaks),
    AT(PAGES_AT "/campaigns", SCOPE_SUPERVISE, "Campaigns and their budgets", page_campaigns),
    AT(PAGES_AT "/safeguarding", SCOPE_SUPERVISE, "Customers' money, proved daily",
       page_safeguarding),
    AT(PAGES_AT "/audit", SCOPE_SUPERVISE, "Who did what", page_audit),
    AT(PAGES_AT "/sign-in", SCOPE_PUBLIC, "Signing in", page_sign_in),
    FILE_AT(PAGES_AT "/assets/tael.css", "The pages' style", asset_css),
    FILE_AT(PAGES_AT "/assets/tael.svg", "The pages' icon", asset_icon),
    FILE_AT(PAGES_AT "/assets/sign-in.js", "The only script: signing in", asset_sign_in),
};

const module pages_module = {
    .name = "pages", .routes = routes, .route_count = COUNT_OF(routes), .refused = page_refused};
