/* welcome.h - public: what anybody is told of the market before signing in, and in a demonstration
 * which logins there are. Owns no table and changes nothing. */
#ifndef TAEL_WELCOME_H
#define TAEL_WELCOME_H

#include "http/http.h"

extern const module welcome_module;

typedef struct welcome_login {
  const char *email, *role, *what_en, *what_zh;
} welcome_login;
/* A demonstration's made-up users and their one password; only ever called for a sandbox, before
 * the server starts. All texts must outlive it. */
void welcome_show_logins(const welcome_login *list, size_t count, const char *password);

#endif
