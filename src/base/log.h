/* log.h - one line a happening, to standard error: time, level, event, key=value pairs; CR and LF
 * in values are escaped. Never a secret, never personal data: ids only. */
#ifndef TAEL_LOG_H
#define TAEL_LOG_H

#include "base/base.h"
#include "base/str.h"

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

void log_set_level(log_level lowest);
bool log_enabled(log_level level);
void log_line(log_level level, const char *event, const char *format, ...) PRINTF(3, 4);

#endif
