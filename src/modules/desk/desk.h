/* desk.h - public: what the console's screens of the whole market are drawn from: flows of money
 * between kinds of account, series over time, proofs run on the spot, jobs, saved views. Everything
 * but proofs and views is summed from the ledger's records and from events, once each, a minute
 * after they came; what is newer is added while answering. It moves no money and decides nothing.
 */
#ifndef TAEL_DESK_H
#define TAEL_DESK_H

#include "http/http.h"

extern const module desk_module;

#endif
