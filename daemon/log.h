// Log lines to stderr, one a line, logfmt or JSON, counted by level.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/time.h"

namespace tidemark {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };
inline constexpr size_t kLogLevelCount = 4;
std::string_view ToString(LogLevel level);  // "debug", "info", "warn", "error"
std::optional<LogLevel> ParseLogLevel(std::string_view text);
std::optional<LogFormat> ParseLogFormat(std::string_view text);

struct LogField {
  std::string_view key;
  std::string value;
};

// Call once, before the first line. Without it lines are logfmt from level info on.
void InitLog(LogFormat format, LogLevel level);
// Any thread; never blocks on a slow reader of stderr: a bounded queue and one writer, the oldest lines give way.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
// Waits until what was logged is written; for the end of the process.
void FlushLog();
// Lines logged so far at a level, those filtered out not included.
uint64_t LogLines(LogLevel level);

// The line, without its end. Control characters and quotes are escaped: a line stays a line.
std::string FormatLogLine(LogFormat format, WallTime at, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields);

}  // namespace tidemark
