#include "daemon/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "daemon/clock.h"
#include "daemon/json_writer.h"

namespace tidemark {
namespace {

constexpr size_t kQueueLines = 8192;

struct Logger {
  std::mutex mu;  // guards writer; constant after the first line
  std::shared_ptr<spdlog::logger> writer;
  std::atomic<LogFormat> format = LogFormat::kLogfmt;
  std::atomic<LogLevel> level = LogLevel::kInfo;
  std::array<std::atomic<uint64_t>, kLogLevelCount> lines{};
};

Logger& TheLogger() {
  static Logger logger;
  return logger;
}

std::shared_ptr<spdlog::logger> Writer(Logger* logger) {
  const std::lock_guard lock(logger->mu);
  if (logger->writer == nullptr) {
    try {
      spdlog::init_thread_pool(kQueueLines, 1);
      auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      logger->writer = std::make_shared<spdlog::async_logger>("tidemark", std::move(sink), spdlog::thread_pool(),
                                                              spdlog::async_overflow_policy::overrun_oldest);
      logger->writer->set_pattern("%v");
      logger->writer->flush_on(spdlog::level::trace);
    } catch (const std::exception&) {
      logger->writer = nullptr;  // no thread to be had: the lines are counted, not shown
    }
  }
  return logger->writer;
}

// Bare when it is one plain word, else quoted and escaped.
std::string LogfmtValue(std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain &= c > ' ' && c != '"' && c != '=' && c != '\\' && c != '\x7f';
  return plain ? std::string(value) : QuoteJson(value);
}

}  // namespace

std::string_view ToString(LogLevel level) {
  constexpr std::array<std::string_view, kLogLevelCount> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<size_t>(level)];
}

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (ToString(level) == text) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "logfmt") return LogFormat::kLogfmt;
  if (text == "json") return LogFormat::kJson;
  return std::nullopt;
}

void InitLog(LogFormat format, LogLevel level) {
  TheLogger().format = format;
  TheLogger().level = level;
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Logger& logger = TheLogger();
  if (level < logger.level.load()) return;
  logger.lines[static_cast<size_t>(level)].fetch_add(1, std::memory_order_relaxed);
  const std::string line = FormatLogLine(logger.format.load(), WallNow(), level, message, fields);
  if (const auto writer = Writer(&logger))
    writer->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void FlushLog() {
  Logger& logger = TheLogger();
  const std::lock_guard lock(logger.mu);
  if (logger.writer == nullptr) return;
  logger.writer = nullptr;
  spdlog::shutdown();  // joins the writer once its queue is empty
}

uint64_t LogLines(LogLevel level) {
  return TheLogger().lines[static_cast<size_t>(level)].load(std::memory_order_relaxed);
}

std::string FormatLogLine(LogFormat format, WallTime at, LogLevel level, std::string_view message,
                          std::initializer_list<LogField> fields) {
  const std::string time = FormatRfc3339(EventTimeFromMicros(Micros(at)));
  if (format == LogFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Key("ts").String(time).Key("level").String(ToString(level)).Key("msg").String(message);
    for (const LogField& field : fields) json.Key(field.key).String(field.value);
    return std::move(json.EndObject()).Take();
  }
  std::string line = "ts=" + time + " level=" + std::string(ToString(level)) + " msg=" + LogfmtValue(message);
  for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + LogfmtValue(field.value);
  return line;
}

}  // namespace tidemark
