/* channels.h - our side of outside channels: one file a kind of channel, each a `connector`
 * (payment/connector.h) over HTTP. Speaks to the network, so it is called on task threads only. It
 * never guesses: what it can't say for sure is unknown. */
#ifndef TAEL_CHANNELS_H
#define TAEL_CHANNELS_H

#include "modules/payment/connector.h"

/* Registers the connectors of all kinds; once, before the engine starts. */
void channels_register(void);

#endif
