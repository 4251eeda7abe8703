/* institutions.h - what other organisations get from the market by themselves: webhooks. An
 * organisation names a URL and the events it wants; each event reaches it at least once, signed
 * (wire/webhook.h), in the order of its aggregate: what fails holds back the rest of that aggregate
 * and nothing else.
 *
 * Fan-out and deliveries are tasks (engine.h): nothing to start, nothing to wire but the module.
 * The event feed is read with a stored cursor, so that no event is lost or sent twice by a crash
 * between commits. */
#ifndef TAEL_INSTITUTIONS_H
#define TAEL_INSTITUTIONS_H

#include "modules/identity/identity.h"

extern const module institutions_module;

/* Private, loopback, link-local and other special addresses are refused unless this was said,
 * before the server starts: for a sandbox or demo whose receivers run on the same machine. */
void institutions_allow_private(bool on);

#endif
